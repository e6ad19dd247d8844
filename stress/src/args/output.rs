//! What to tell, and where.

use std::{net::SocketAddr, path::PathBuf};

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// What stdout shows while the load runs
    #[arg(long, value_enum, default_value_t, value_name = "VIEW")]
    pub progress: View,

    /// Write the report as one JSON object to FILE, or as the last line of stdout with `-`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write one row per second to FILE
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Serve Prometheus metrics at /metrics of this address, such as 0.0.0.0:9090
    #[arg(long, value_name = "IP:PORT")]
    pub metrics_address: Option<SocketAddr>,
}

/// How the run is shown while it lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum View {
    /// A panel on a terminal, lines otherwise
    #[default]
    Auto,
    /// One line per second
    Lines,
    /// A few lines, redrawn every second
    Panel,
}
