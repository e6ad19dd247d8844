//! The cluster side: what kube-apiserver knows and decides.

pub mod access;
pub mod client;
pub mod kinds;
pub mod lists;
pub mod objects;
pub mod read;
pub mod requestheader;
pub mod watch;
pub mod watched;
