//! Parses, runs, reports: everything else is in the library.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use custom_metrics_adapter::args::Command;
use custom_metrics_adapter::failure::Misconfigured;
use custom_metrics_adapter::{check, runtime, shadow, telemetry};

fn main() -> ExitCode {
    // `exit` prints help to stdout with exit code 0, and a mistake to stderr with exit code 2.
    let command = Command::parse(std::env::args_os()).unwrap_or_else(|error| error.exit());
    telemetry::init(&command.logging(), std::io::stderr().is_terminal());
    let result = match command {
        Command::Serve(args) => runtime::block_on(*args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => check::run(&args),
        Command::Shadow(args) => shadow::run(&args),
    };
    result.unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "stop: {error:#}");
        ExitCode::from(Misconfigured::exit_code(&error))
    })
}
