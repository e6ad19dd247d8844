//! The Prometheus side: one HTTP client, typed results.

pub mod client;
pub mod response;
