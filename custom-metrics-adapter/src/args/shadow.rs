//! `custom-metrics-adapter shadow`: our answers beside those of the incumbent.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use custom_metrics_core::selector::Selector;
use reqwest::Url;

use super::check::Output;
use super::prometheus::PrometheusAccess;
use super::values::positive_duration;

const EXAMPLES: &str = "\
Examples:
  # Every metric of every HPA once, from the adapter in charge and from us
  custom-metrics-adapter shadow --config config.yaml --once \\
      --prometheus-url http://127.0.0.1:9090

  # For an hour, in one namespace, as JSON
  custom-metrics-adapter shadow --config config.yaml --duration 1h --namespace shop \\
      --prometheus-url http://127.0.0.1:9090 --output json > shadow.json

Exit codes: 0 no HPA would behave otherwise, 1 a replica count would differ or a value is missing on
one side, 2 unusable configuration, command line, cluster or Prometheus
";

/// Compares our answers with those of the adapter in charge, for every HPA of the cluster. Only reads
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

    /// Kubeconfig of the cluster [default: as kubectl, else the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Only HPAs of this namespace
    #[arg(long, short = 'n', value_name = "NAME")]
    pub namespace: Option<String>,

    /// Only HPAs with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", value_parser = Selector::parse, default_value = "", hide_default_value = true)]
    pub selector: Selector,

    /// One round, then the report
    #[arg(long, conflicts_with = "duration")]
    pub once: bool,

    /// How long to go on; the round under way is finished
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = positive_duration)]
    pub duration: Duration,

    /// Time from one round to the next
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = positive_duration)]
    pub interval: Duration,

    /// Difference that is no difference, as a part of the target; an HPA itself ignores 0.1
    #[arg(long, value_name = "PART", default_value_t = 0.1, value_parser = part)]
    pub tolerance: f64,

    /// Most requests to kube-apiserver in a second
    #[arg(long, value_name = "RATE", default_value_t = 10.0, value_parser = rate)]
    pub qps: f64,

    /// Time after which a difference is looked at a second time, because two reads are never at one instant
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = humantime::parse_duration)]
    pub retry_after: Duration,

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

fn part(text: &str) -> Result<f64, String> {
    let part: f64 = text.parse().map_err(|_| "is no number".to_owned())?;
    if (0.0..=1.0).contains(&part) {
        Ok(part)
    } else {
        Err("must be between 0 and 1".to_owned())
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "is no number".to_owned())?;
    if (0.1..=1000.0).contains(&rate) {
        Ok(rate)
    } else {
        Err("must be between 0.1 and 1000".to_owned())
    }
}
