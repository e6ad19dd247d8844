//! Parses, runs, reports: everything else is in the library.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use custom_metrics_adapter::args::Args;
use custom_metrics_adapter::{runtime, telemetry};

fn main() -> ExitCode {
    let args = Args::parse();
    telemetry::init(&args.logging, std::io::stderr().is_terminal());
    match runtime::block_on(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "stop: {error:#}");
            ExitCode::FAILURE
        }
    }
}
