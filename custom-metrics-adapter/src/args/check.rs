//! `custom-metrics-adapter check`: what a configuration means, before it is used.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use reqwest::Url;

use super::prometheus::PrometheusAccess;
use super::values::positive_duration;

const EXAMPLES: &str = "\
Examples:
  # Each rule as it is understood, and what is suspicious about it
  custom-metrics-adapter check --config config.yaml

  # What would be served now, and whether the HPAs of a file would find their metrics
  custom-metrics-adapter check --config config.yaml --against hpa.yaml \\
      --prometheus-url http://127.0.0.1:9090

  # Whether the HPAs of the cluster would find theirs
  custom-metrics-adapter check --config config.yaml --cluster \\
      --prometheus-url http://127.0.0.1:9090

Exit codes: 0 nothing found, 1 errors or warnings found, 2 unusable configuration or command line
";

/// Reads a prometheus-adapter configuration, shows what it means and what is wrong with it
#[derive(Debug, Clone, Parser)]
#[command(
    name = "custom-metrics-adapter check",
    version,
    after_help = EXAMPLES,
    args_override_self = true
)]
pub struct CheckArgs {
    /// Rules file in prometheus-adapter's format
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// File of policies for the metrics of the rules
    #[arg(long, value_name = "FILE")]
    pub policies: Option<PathBuf>,

    /// Manifests of HorizontalPodAutoscalers to check against, `-` for standard input; may be repeated
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,

    /// Check against the HorizontalPodAutoscalers of the cluster
    #[arg(long)]
    pub cluster: bool,

    /// Kubeconfig of the cluster [default: as kubectl, else the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Time between two scrapes [default: as Prometheus shows, else 15s]
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    pub scrape_interval: Option<Duration>,

    /// Form of the report
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,

    /// Base URL of Prometheus; without it, nothing is asked
    #[arg(long, value_name = "URL", help_heading = "Prometheus")]
    pub prometheus_url: Option<Url>,

    #[command(flatten)]
    pub access: PrometheusAccess,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Text,
    Json,
}

impl Output {
    /// Whether words may be coloured: on a terminal, unless `NO_COLOR` says no.
    pub fn coloured(self) -> bool {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        self == Self::Text && wanted && std::io::stdout().is_terminal()
    }
}
