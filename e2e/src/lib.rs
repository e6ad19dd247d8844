//! What the tests against a real cluster stand on.
//!
//! Nothing here knows our code: only the scripts, the manifests and what a cluster shows its users.
//! How to run the tests: `README.md`.

pub mod answer;
pub mod clients;
pub mod cluster;
pub mod dump;
pub mod fixture;
pub mod forward;
pub mod harness;
pub mod hpa;
pub mod inventory;
pub mod kubectl;
pub mod metric;
pub mod names;
pub mod namespace;
pub mod pods;
pub mod prometheus;
pub mod scale;
pub mod scripts;
pub mod stress;
pub mod wait;
