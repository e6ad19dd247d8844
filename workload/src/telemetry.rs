//! Logging on stderr: plain for people on a terminal, one JSON object per line otherwise.

use std::env;
use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use tracing_subscriber::EnvFilter;

/// Everything of ours that is worth knowing; actix tells of each worker and listener at `info`.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// Starts logging; `RUST_LOG` overrides the default filter, `NO_COLOR` is honoured.
pub fn init() -> anyhow::Result<()> {
    let directives = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| DEFAULT_FILTER.to_owned());
    let filter = EnvFilter::builder()
        .parse(directives)
        // Without its sources, which say the same again.
        .map_err(|error| anyhow!("environment variable RUST_LOG: {error}"))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    if io::stderr().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).init();
    }
    Ok(())
}
