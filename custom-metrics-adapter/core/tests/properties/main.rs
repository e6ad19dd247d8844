//! What must hold for every input, with oracles that share no code with what they check.
//!
//! `PROPTEST_CASES=1000000 cargo test -p custom-metrics-core --test properties --release` takes a million
//! inputs for each.
#![expect(clippy::unwrap_used, reason = "test harness")]

mod answers;
mod paths;
mod quantities;
mod queries;
mod selectors;
