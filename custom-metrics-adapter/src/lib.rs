//! Serves Prometheus metrics to HorizontalPodAutoscalers through `custom.metrics.k8s.io`.
//!
//! `runtime` wires the edges around the pure crate `custom-metrics-core`:
//!
//! | edge | its business |
//! |---|---|
//! | [`server`], [`tls`], [`own_ca`] | connections, certificates |
//! | [`http`] | identity, access, discovery, values |
//! | [`engine`], [`relist`] | reads, and the list of metrics |
//! | [`prometheus`], [`cluster`] | Prometheus, kube-apiserver |
//! | [`admin`] | probes and metrics |
//!
//! Edges do not know each other. They share [`ports`] (what one asks of another), [`store`]
//! (what is served), [`trust`], [`readiness`], [`metrics`] and [`flights`].

pub mod admin;
pub mod args;
pub mod check;
pub mod cluster;
pub mod engine;
pub mod failure;
pub mod flights;
pub mod http;
pub mod metrics;
pub mod overrides;
pub mod own_ca;
pub mod policies;
pub mod ports;
pub mod prometheus;
pub mod readiness;
pub mod relist;
pub mod rules;
pub mod runtime;
pub mod server;
pub mod shadow;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod trust;
