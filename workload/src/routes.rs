//! One handler per endpoint.

pub mod data;
pub mod health;
pub mod load;
pub mod metrics;
pub mod root;
