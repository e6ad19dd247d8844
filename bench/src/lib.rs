//! Side-by-side runs: ours and the incumbent in turns, each measure judged by a bar fixed beforehand.
//!
//! A bench is a list of [`measure::Measure`]s and a way to make one round of one side. [`rounds`]
//! takes the sides in turns and pairs what they gave, [`report`] judges, [`table`] and [`document`]
//! print. To add one: a module like [`main_job`], a subcommand in [`args`], an arm in [`runtime`], and
//! what it needs prepared in `bench/run`.

pub mod args;
pub mod cells;
pub mod clock;
pub mod compat;
pub mod document;
pub mod exposition;
pub mod kubectl;
pub mod machine;
pub mod main_job;
pub mod measure;
pub mod progress;
pub mod report;
pub mod results;
pub mod rounds;
pub mod runtime;
#[cfg(test)]
mod samples;
pub mod stats;
pub mod stress;
pub mod table;
pub mod usage;
