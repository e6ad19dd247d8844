//! The heart of the adapter: what a metric is called, which query stands behind it and what the answer is.
//!
//! Pure on purpose. Nothing here reads a clock, a file, the environment or a socket; time comes in as an
//! argument, objects and samples come in as data. The edges parse bytes at their door, call in here, and
//! write out what comes back.
//!
//! A read goes through these modules in order:
//!
//! | step | module |
//! |---|---|
//! | configuration file → validated rules | [`config`], [`rule`], [`template`], [`naming`] |
//! | rules and series → what is offered | [`registry`], [`resources`] |
//! | URL → request | [`path`], [`selector`], [`ids`] |
//! | request → query text | [`promql`] |
//! | samples → values, or the reason why not | [`sample`], [`answer`], [`external`], [`usage`], [`quantity`], [`reason`] |
//! | answer → bytes of the API | [`wire`] |
//!
//! Beside it stands [`hpa`]: what an autoscaler asks for, and what it does with the answer.

pub mod access;
pub mod answer;
pub mod api;
pub mod config;
pub mod external;
pub mod hpa;
pub mod ids;
pub mod lint;
pub mod naming;
pub mod negotiate;
pub mod path;
pub mod policies;
pub mod promql;
pub mod quantity;
pub mod quote;
pub mod re2;
pub mod reason;
pub mod registry;
pub mod resources;
pub mod rule;
pub mod sample;
pub mod selector;
pub mod template;
pub mod usage;
pub mod wire;

pub use reason::Reason;
