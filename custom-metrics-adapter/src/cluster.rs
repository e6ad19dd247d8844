//! The cluster side: what kube-apiserver knows and decides.

pub mod access;
pub mod client;
pub mod objects;
pub mod requestheader;
pub mod watch;
