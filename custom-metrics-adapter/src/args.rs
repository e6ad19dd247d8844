//! Command line. The only place that reads the environment.
//!
//! Every flag of prometheus-adapter is accepted with its name, its meaning and, unless the help text
//! says otherwise, its default; arguments that are no flags are ignored, as there. What only we have
//! may also come from the environment.

pub mod auth;
pub mod check;
pub mod cluster;
pub mod ignored;
pub mod logging;
pub mod prometheus;
pub mod rules;
pub mod serving;
pub mod shadow;
pub mod tls;
pub mod values;

use std::ffi::OsString;

use clap::Parser;

pub use auth::AuthArgs;
pub use check::CheckArgs;
pub use cluster::ClusterArgs;
pub use ignored::IgnoredFlags;
pub use logging::{LogArgs, LogFormat};
pub use prometheus::{PrometheusAccess, PrometheusArgs, Verb};
pub use rules::RuleArgs;
pub use serving::{LifeArgs, ServingArgs};
pub use shadow::ShadowArgs;
pub use tls::{TlsArgs, TlsSource, TlsVersion};

const USAGE: &str = "\
custom-metrics-adapter --config <FILE> [OPTIONS]
       custom-metrics-adapter check --help
       custom-metrics-adapter shadow --help";

const EXAMPLES: &str = "\
Examples:
  # In a cluster, with an own certificate authority kept in a Secret
  custom-metrics-adapter --config /etc/adapter/config.yaml --tls self \\
      --prometheus-url http://prometheus.monitoring.svc:9090

  # With a certificate from files (cert-manager, for instance), re-read when they change
  custom-metrics-adapter --config /etc/adapter/config.yaml \\
      --tls-cert-file /var/run/serving-cert/tls.crt \\
      --tls-private-key-file /var/run/serving-cert/tls.key \\
      --prometheus-url http://prometheus.monitoring.svc:9090

  # On a workstation, against the cluster of a kubeconfig
  custom-metrics-adapter --config config.yaml --cert-dir /tmp/cert \\
      --lister-kubeconfig ~/.kube/config --prometheus-url http://127.0.0.1:9090

Flags of prometheus-adapter that are not listed (audit, profiling and the like) are accepted
and ignored with a warning.

Exit codes: 0 ended by a signal, 1 run-time failure, 2 unusable command line or configuration
";

/// What a command line asks for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Serve metrics: the command without a name.
    Serve(Box<Args>),
    Check(Box<CheckArgs>),
    Shadow(Box<ShadowArgs>),
}

impl Command {
    /// Reads a command line, the program's name included.
    ///
    /// # Errors
    /// What clap found, `--help` and `--version` included; it knows its stream and exit code.
    pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let line: Vec<OsString> = line.into_iter().map(with_dashes).collect();
        let boxed = |rest| &line[rest..];
        match line.get(1).and_then(|word| word.to_str()) {
            Some("check") => {
                CheckArgs::try_parse_from(boxed(1)).map(|args| Self::Check(Box::new(args)))
            }
            Some("shadow") => {
                ShadowArgs::try_parse_from(boxed(1)).map(|args| Self::Shadow(Box::new(args)))
            }
            _ => Args::try_parse_from(boxed(0)).map(|args| Self::Serve(Box::new(args))),
        }
    }

    /// How it logs.
    pub fn logging(&self) -> LogArgs {
        match self {
            Self::Serve(args) => args.logging.clone(),
            Self::Check(_) | Self::Shadow(_) => LogArgs::default(),
        }
    }
}

/// `--secure_port` is `--secure-port`, as in every Kubernetes component.
fn with_dashes(argument: OsString) -> OsString {
    let Some(flag) = argument.to_str().filter(|text| text.starts_with("--")) else {
        return argument;
    };
    let (name, value) = flag.split_at(flag.find('=').unwrap_or(flag.len()));
    OsString::from(name.replace('_', "-") + value)
}

/// Serves Prometheus metrics to HorizontalPodAutoscalers through custom.metrics.k8s.io
#[derive(Debug, Clone, Parser)]
// As in Go, the last of several equal flags counts.
#[command(
    name = "custom-metrics-adapter",
    version,
    override_usage = USAGE,
    after_help = EXAMPLES,
    args_override_self = true
)]
pub struct Args {
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub prometheus: PrometheusArgs,
    #[command(flatten)]
    pub serving: ServingArgs,
    #[command(flatten)]
    pub tls: TlsArgs,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    #[command(flatten)]
    pub auth: AuthArgs,
    #[command(flatten)]
    pub life: LifeArgs,
    #[command(flatten)]
    pub logging: LogArgs,
    #[command(flatten)]
    pub ignored: IgnoredFlags,
    /// Whatever is no flag. The Helm chart of prometheus-adapter hands over a stray `/adapter`.
    #[arg(hide = true)]
    pub positional: Vec<OsString>,
}

#[cfg(test)]
mod tests;
