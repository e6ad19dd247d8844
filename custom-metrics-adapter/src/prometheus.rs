//! The Prometheus side: one HTTP client, typed results.

pub mod client;
mod credentials;
pub mod response;
mod transport;
