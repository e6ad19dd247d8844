//! `check`: what a configuration means, before it is used.

use std::process::ExitCode;

use crate::args::CheckArgs;

/// Prints the report.
///
/// # Errors
/// When the configuration is unusable.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("check {}: not built yet", args.config.display())
}
