//! The deployed stack, seen from outside. Every test deploys it if none before it did, and leaves it as it was:
//! idle, one pod, Prometheus up. They share one cluster, so: `--test-threads=1`.

mod deploy;
mod faults;
mod hardening;
mod identity;
mod metrics_api;
mod scaling;
mod scrape;
mod workload;
