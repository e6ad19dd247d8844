//! `custom-metrics-adapter shadow`: our answers beside those of the incumbent.

use std::path::PathBuf;

use clap::Parser;
use reqwest::Url;

use super::check::Output;
use super::prometheus::PrometheusAccess;

const EXAMPLES: &str = "\
Examples:
  # Every metric of every HPA, from the adapter in charge and from us
  custom-metrics-adapter shadow --config config.yaml --kubeconfig ~/.kube/config \\
      --prometheus-url http://127.0.0.1:9090
";

/// Compares our answers with those of the adapter in charge, for every HPA of the cluster
#[derive(Debug, Clone, Parser)]
#[command(
    name = "custom-metrics-adapter shadow",
    version,
    after_help = EXAMPLES,
    args_override_self = true
)]
pub struct ShadowArgs {
    /// Rules file in prometheus-adapter's format
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// Kubeconfig of the cluster [default: the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Form of the report
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,

    /// Base URL of Prometheus
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Prometheus",
        default_value = "https://localhost"
    )]
    pub prometheus_url: Url,

    #[command(flatten)]
    pub access: PrometheusAccess,
}
