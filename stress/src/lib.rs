//! `stress`: an open-loop HTTP load generator that tells the truth.
//!
//! Requests leave when they are due, not when the previous answer came; every request that was
//! due is accounted for as ok, failed, dropped or unfinished.
//!
//! ```text
//! args ─▶ run ─▶ ready ─▶ runner ─▶ target (http) ─▶ the network
//!                  │        │  ▲
//!                  │        │  └─ schedule ◀─ profile          pure
//!                  │        └───▶ recorder ◀─ outcome          pure outcome
//!                  └─▶ progress, report ─▶ console             verdict is pure
//! ```

pub mod args;
pub mod console;
pub mod http;
pub mod limits;
pub mod outcome;
pub mod profile;
pub mod progress;
pub mod ready;
pub mod recorder;
pub mod report;
pub mod run;
pub mod runner;
pub mod schedule;
pub mod shutdown;
pub mod target;
pub mod timer;
pub mod verdict;
