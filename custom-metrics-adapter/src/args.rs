//! Command line. The only file that reads the environment.
//!
//! Where prometheus-adapter has a flag of the same purpose, ours has its name, its meaning and,
//! unless the help text says otherwise, its default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, ValueEnum};
use reqwest::Url;

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
  custom-metrics-adapter --config config.yaml --tls self --lister-kubeconfig ~/.kube/config \\
      --prometheus-url http://127.0.0.1:9090 --admin-address 127.0.0.1:8080
";

/// Serves Prometheus metrics to HorizontalPodAutoscalers through custom.metrics.k8s.io
#[derive(Debug, Clone, Parser)]
// As in Go, the last of several equal flags counts.
#[command(name = "custom-metrics-adapter", version, after_help = EXAMPLES, args_override_self = true)]
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
    pub life: LifeArgs,
    #[command(flatten)]
    pub logging: LogArgs,
}

/// Which metrics exist and how they are computed.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Rules file in prometheus-adapter's format
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// How often the names of series and labels are read again from Prometheus
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = positive_duration)]
    pub metrics_relist_interval: Duration,
}

/// Where the numbers come from.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Prometheus")]
pub struct PrometheusArgs {
    /// Base URL of Prometheus
    #[arg(long, value_name = "URL", default_value = "https://localhost")]
    pub prometheus_url: Url,

    /// HTTP method of queries
    #[arg(long, value_enum, ignore_case = true, default_value_t = Verb::Get)]
    pub prometheus_verb: Verb,

    /// Largest answer of Prometheus that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    pub prometheus_max_response: usize,

    /// How long a reader waits for an answer before it gets an error
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = positive_duration)]
    pub answer_budget: Duration,
}

/// HTTP method of queries to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Verb {
    Get,
    Post,
}

/// Listeners.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Serving")]
pub struct ServingArgs {
    /// Port of the API, HTTPS
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    pub secure_port: u16,

    /// Address of the API
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    pub bind_address: IpAddr,

    /// Address of /livez, /readyz and /metrics, plain HTTP
    #[arg(long, value_name = "IP:PORT", default_value = "0.0.0.0:8080")]
    pub admin_address: SocketAddr,

    /// Most API connections at one time; more wait to be accepted
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    pub max_connections: usize,
}

/// The serving certificate: from files, or made here.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "TLS")]
#[group(id = "certificate", required = true, multiple = true)]
pub struct TlsArgs {
    /// Make a certificate authority and a serving certificate, keep them in a Secret and write
    /// the authority to our APIServices
    #[arg(long, value_enum, conflicts_with_all = ["tls_cert_file", "tls_private_key_file"])]
    pub tls: Option<TlsSource>,

    /// Serving certificate chain, PEM; re-read every 10 s
    #[arg(long, value_name = "FILE", requires = "tls_private_key_file")]
    pub tls_cert_file: Option<PathBuf>,

    /// Key of the serving certificate, PEM; re-read every 10 s
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    pub tls_private_key_file: Option<PathBuf>,
}

/// Who makes the serving certificate when it does not come from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsSource {
    #[value(name = "self")]
    Own,
}

/// The cluster we belong to.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// Kubeconfig of the cluster [default: the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub lister_kubeconfig: Option<PathBuf>,

    /// Namespace of our Service and Secret
    #[arg(
        long,
        value_name = "NAME",
        env = "POD_NAMESPACE",
        hide_env_values = true,
        default_value = "custom-metrics"
    )]
    pub namespace: String,

    /// Service in front of the API, named in our APIServices
    #[arg(long, value_name = "NAME", default_value = "custom-metrics-apiserver")]
    pub service_name: String,

    /// Secret that holds what `--tls self` made
    #[arg(long, value_name = "NAME", default_value = "cm-adapter-serving-certs")]
    pub serving_secret: String,

    /// How long an allowed access review is remembered
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = humantime::parse_duration)]
    pub authorization_webhook_cache_authorized_ttl: Duration,

    /// How long a denied access review is remembered
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
    pub authorization_webhook_cache_unauthorized_ttl: Duration,
}

/// How it ends.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Shutdown")]
pub struct LifeArgs {
    /// Time between "not ready" and the end of accepting, so that endpoints follow
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = humantime::parse_duration)]
    pub shutdown_grace: Duration,

    /// Longest wait for requests in flight
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = humantime::parse_duration)]
    pub drain_timeout: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Logging")]
pub struct LogArgs {
    /// Verbosity: 0-3 info, 4-5 debug, 6 and more trace
    #[arg(short = 'v', long = "v", value_name = "LEVEL", default_value_t = 0)]
    pub verbosity: u8,

    /// Form of log lines
    #[arg(long, value_enum, default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Plain on a terminal, JSON elsewhere
    Auto,
    Json,
    Plain,
}

/// A duration above zero: an interval or a budget of nothing would spin or always fail.
fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() {
        return Err("must be longer than 0s".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Args, clap::error::ErrorKind> {
        Args::try_parse_from(line.split_whitespace()).map_err(|error| error.kind())
    }

    #[test]
    fn a_certificate_source_is_demanded_and_only_one() {
        use clap::error::ErrorKind::{ArgumentConflict, MissingRequiredArgument};
        assert_eq!(
            parse("adapter --config c").unwrap_err(),
            MissingRequiredArgument
        );
        assert_eq!(
            parse("adapter --config c --tls-cert-file c").unwrap_err(),
            MissingRequiredArgument
        );
        assert_eq!(
            parse("adapter --config c --tls self --tls-cert-file c --tls-private-key-file k")
                .unwrap_err(),
            ArgumentConflict
        );
        assert!(parse("adapter --config c --tls self").is_ok());
        assert!(parse("adapter --config c --tls-cert-file c --tls-private-key-file k").is_ok());
    }

    #[test]
    fn the_verb_is_read_in_any_case_and_go_durations_are_understood() {
        let args = parse("adapter --config c --tls self --prometheus-verb post --metrics-relist-interval 10m0s --v=4").unwrap();
        assert_eq!(args.prometheus.prometheus_verb, Verb::Post);
        assert_eq!(args.rules.metrics_relist_interval, Duration::from_mins(10));
        assert_eq!(args.logging.verbosity, 4);
    }

    #[test]
    fn an_interval_of_nothing_is_refused() {
        assert!(parse("adapter --config c --tls self --answer-budget 0s").is_err());
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "the text is the test")]
    fn the_help_text_is_the_promised_one() {
        let help = Args::command().term_width(100).render_help().to_string();
        insta::assert_snapshot!(help, @r#"
        Serves Prometheus metrics to HorizontalPodAutoscalers through custom.metrics.k8s.io

        Usage: custom-metrics-adapter [OPTIONS] --config <FILE> <--tls <TLS>|--tls-cert-file <FILE>|--tls-private-key-file <FILE>>

        Options:
          -h, --help     Print help (see more with '--help')
          -V, --version  Print version

        Rules:
              --config <FILE>
                  Rules file in prometheus-adapter's format
              --metrics-relist-interval <DURATION>
                  How often the names of series and labels are read again from Prometheus [default: 10m]

        Prometheus:
              --prometheus-url <URL>
                  Base URL of Prometheus [default: https://localhost]
              --prometheus-verb <PROMETHEUS_VERB>
                  HTTP method of queries [default: GET] [possible values: GET, POST]
              --prometheus-max-response <BYTES>
                  Largest answer of Prometheus that is read, in bytes [default: 67108864]
              --answer-budget <DURATION>
                  How long a reader waits for an answer before it gets an error [default: 1s]

        Serving:
              --secure-port <PORT>       Port of the API, HTTPS [default: 443]
              --bind-address <IP>        Address of the API [default: 0.0.0.0]
              --admin-address <IP:PORT>  Address of /livez, /readyz and /metrics, plain HTTP [default:
                                         0.0.0.0:8080]
              --max-connections <COUNT>  Most API connections at one time; more wait to be accepted
                                         [default: 1024]

        TLS:
              --tls <TLS>                    Make a certificate authority and a serving certificate, keep
                                             them in a Secret and write the authority to our APIServices
                                             [possible values: self]
              --tls-cert-file <FILE>         Serving certificate chain, PEM; re-read every 10 s
              --tls-private-key-file <FILE>  Key of the serving certificate, PEM; re-read every 10 s

        Cluster:
              --lister-kubeconfig <FILE>
                  Kubeconfig of the cluster [default: the pod's service account]
              --namespace <NAME>
                  Namespace of our Service and Secret [env: POD_NAMESPACE] [default: custom-metrics]
              --service-name <NAME>
                  Service in front of the API, named in our APIServices [default: custom-metrics-apiserver]
              --serving-secret <NAME>
                  Secret that holds what `--tls self` made [default: cm-adapter-serving-certs]
              --authorization-webhook-cache-authorized-ttl <DURATION>
                  How long an allowed access review is remembered [default: 5m]
              --authorization-webhook-cache-unauthorized-ttl <DURATION>
                  How long a denied access review is remembered [default: 30s]

        Shutdown:
              --shutdown-grace <DURATION>  Time between "not ready" and the end of accepting, so that
                                           endpoints follow [default: 3s]
              --drain-timeout <DURATION>   Longest wait for requests in flight [default: 20s]

        Logging:
          -v, --v <LEVEL>                Verbosity: 0-3 info, 4-5 debug, 6 and more trace [default: 0]
              --log-format <LOG_FORMAT>  Form of log lines [default: auto] [possible values: auto, json,
                                         plain]

        Examples:
          # In a cluster, with an own certificate authority kept in a Secret
          custom-metrics-adapter --config /etc/adapter/config.yaml --tls self \
              --prometheus-url http://prometheus.monitoring.svc:9090

          # With a certificate from files (cert-manager, for instance), re-read when they change
          custom-metrics-adapter --config /etc/adapter/config.yaml \
              --tls-cert-file /var/run/serving-cert/tls.crt \
              --tls-private-key-file /var/run/serving-cert/tls.key \
              --prometheus-url http://prometheus.monitoring.svc:9090

          # On a workstation, against the cluster of a kubeconfig
          custom-metrics-adapter --config config.yaml --tls self --lister-kubeconfig ~/.kube/config \
              --prometheus-url http://127.0.0.1:9090 --admin-address 127.0.0.1:8080
        "#);
    }
}
