use std::process::ExitCode;

use clap::Parser;
use workload::args::Args;

#[expect(
    clippy::print_stderr,
    reason = "a fatal error is told even where logging could not start"
)]
fn main() -> ExitCode {
    match workload::run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
