//! `stress`: an HTTP load generator that tells the truth.
//!
//! In an open loop requests leave when they are due, not when the previous answer came; in both
//! loops every request is accounted for as ok, failed, dropped or unfinished.
//!
//! ```text
//! args ─▶ run ─▶ ready ─▶ runner ─▶ target (http) ─▶ the network
//!                  │        │  ▲
//!                  │        │  └─ load, profile ─▶ schedule         pure
//!                  │        └───▶ recorder ◀─ outcome, pods         pure but the recorder's lock
//!                  └─▶ sampler ─▶ output: progress or panel, csv    pure but the output
//!                      report, metrics, verdict                     verdict is pure
//! ```

pub mod args;
pub mod console;
pub mod csv;
pub mod http;
pub mod limits;
pub mod load;
pub mod metrics;
pub mod outcome;
pub mod output;
pub mod panel;
pub mod pods;
pub mod profile;
pub mod progress;
pub mod ready;
pub mod recorder;
pub mod report;
pub mod run;
pub mod runner;
pub mod sampler;
pub mod schedule;
pub mod shutdown;
pub mod target;
pub mod timer;
pub mod verdict;
pub mod words;
