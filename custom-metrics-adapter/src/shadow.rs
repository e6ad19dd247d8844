//! `shadow`: our answers beside those of the adapter in charge.

use std::process::ExitCode;

use crate::args::ShadowArgs;

/// Prints the report.
///
/// # Errors
/// When the cluster or Prometheus cannot be asked.
pub fn run(args: &ShadowArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("shadow {}: not built yet", args.config.display())
}
