//! See the library.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use bench::{args::Cli, runtime};
use clap::Parser as _;

/// A bar was missed.
const MISSED: u8 = 1;
/// The bench could not run; clap itself ends with 2 on wrong use.
const COULD_NOT_RUN: u8 = 3;

fn main() -> ExitCode {
    match runtime::run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(MISSED),
        Err(error) => {
            _ = writeln!(io::stderr(), "bench: error: {error:#}");
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}
