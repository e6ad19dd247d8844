//! Where the numbers come from.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, ValueEnum};
use reqwest::Url;

use super::values::{Header, boolean, positive_duration};

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Prometheus")]
pub struct PrometheusArgs {
    /// Base URL of Prometheus
    #[arg(long, value_name = "URL", default_value = "https://localhost")]
    pub prometheus_url: Url,

    #[command(flatten)]
    pub access: PrometheusAccess,

    /// How long a reader waits for an answer before it gets an error
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = positive_duration,
        env = "CM_ADAPTER_ANSWER_BUDGET", hide_env_values = true)]
    pub answer_budget: Duration,
}

/// How Prometheus is asked, and with which credentials.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Prometheus")]
pub struct PrometheusAccess {
    /// HTTP method of queries
    #[arg(long, value_name = "METHOD", value_enum, ignore_case = true, default_value_t = Verb::Get)]
    pub prometheus_verb: Verb,

    /// Header of every request to Prometheus; may be repeated. Secrets belong in a token file
    #[arg(long, value_name = "NAME=VALUE", value_parser = Header::parse)]
    pub prometheus_header: Vec<Header>,

    /// Bearer token for Prometheus, read again every minute
    #[arg(long, value_name = "FILE")]
    pub prometheus_token_file: Option<PathBuf>,

    /// Authorities of Prometheus' certificate, PEM [default: those of the system]
    #[arg(long, value_name = "FILE")]
    pub prometheus_ca_file: Option<PathBuf>,

    /// Client certificate for Prometheus, PEM; counts only together with --prometheus-ca-file
    #[arg(long, value_name = "FILE")]
    pub prometheus_client_tls_cert_file: Option<PathBuf>,

    /// Key of the client certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub prometheus_client_tls_key_file: Option<PathBuf>,

    /// Ask Prometheus with the token of the pod's service account, and believe the cluster's authority
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, value_parser = boolean, num_args = 0..=1,
        require_equals = true, default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub prometheus_auth_incluster: bool,

    /// Kubeconfig whose credentials and authority are used for Prometheus; its server is not
    #[arg(long, value_name = "FILE")]
    pub prometheus_auth_config: Option<PathBuf>,

    /// Largest answer of Prometheus that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20,
        env = "CM_ADAPTER_PROMETHEUS_MAX_RESPONSE", hide_env_values = true)]
    pub prometheus_max_response: usize,
}

/// HTTP method of queries to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Verb {
    Get,
    Post,
}
