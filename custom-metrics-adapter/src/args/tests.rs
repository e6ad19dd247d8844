use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use proptest::prelude::*;

use super::*;

/// How the Helm chart of prometheus-adapter starts it, with a certificate of its own.
const HELM: &str = "adapter /adapter --secure-port=6443 --cert-dir=/tmp/cert \
    --prometheus-url=http://prometheus.default.svc:9090 --metrics-relist-interval=1m --v=4 \
    --config=/etc/adapter/config.yaml";
/// How the manifests of kube-prometheus start it.
const KUBE_PROMETHEUS: &str = "adapter --cert-dir=/var/run/serving-cert --config=/etc/adapter/config.yaml \
    --metrics-relist-interval=1m --prometheus-url=http://prometheus-k8s.monitoring.svc:9090/ \
    --secure-port=6443 --tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\
TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\
TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,\
TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,\
TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_256_GCM_SHA384,TLS_RSA_WITH_AES_128_CBC_SHA,\
TLS_RSA_WITH_AES_256_CBC_SHA";

fn command(line: &str) -> Result<Command, ErrorKind> {
    let words = line.split_whitespace().map(OsString::from);
    Command::parse(words).map_err(|error| error.kind())
}

fn serve(line: &str) -> Args {
    match command(line).unwrap() {
        Command::Serve(args) => *args,
        other => panic!("{other:?}"),
    }
}

/// Serves with `more` flags.
fn with(more: &str) -> Args {
    serve(&format!("adapter --config c {more}"))
}

fn complaint(more: &str) -> String {
    let line = format!("adapter --config c {more}");
    let words = line.split_whitespace().map(OsString::from);
    let error = Command::parse(words).unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error}");
    error.to_string()
}

#[test]
fn the_definitions_are_consistent() {
    Args::command().debug_assert();
    CheckArgs::command().debug_assert();
    ShadowArgs::command().debug_assert();
}

#[test]
fn the_command_line_of_the_helm_chart_is_understood() {
    let args = serve(HELM);
    assert_eq!(args.serving.secure_port, 6443);
    assert_eq!(args.tls.cert_dir, Path::new("/tmp/cert"));
    assert_eq!(args.rules.config, Path::new("/etc/adapter/config.yaml"));
    assert_eq!(args.rules.metrics_relist_interval, Duration::from_mins(1));
    assert_eq!(args.logging.verbosity, 4);
    assert_eq!(args.positional, ["/adapter"]);
    assert_eq!(args.ignored, IgnoredFlags::default());
    let url = args.prometheus.prometheus_url;
    assert_eq!(url.as_str(), "http://prometheus.default.svc:9090/");
}

#[test]
fn the_command_line_of_kube_prometheus_is_understood() {
    let args = serve(KUBE_PROMETHEUS);
    assert_eq!(args.tls.tls_cipher_suites.len(), 11);
    assert_eq!(args.tls.cert_dir, Path::new("/var/run/serving-cert"));
    assert_eq!(args.ignored, IgnoredFlags::default());
}

/// Every flag of prometheus-adapter 0.12.0 with a value that it takes.
const ALL_FLAGS: &[&str] = &[
    "--audit-log-batch-buffer-size=1",
    "--audit-log-batch-max-size=1",
    "--audit-log-batch-max-wait=1s",
    "--audit-log-batch-throttle-burst=1",
    "--audit-log-batch-throttle-enable",
    "--audit-log-batch-throttle-qps=1.5",
    "--audit-log-compress",
    "--audit-log-format=json",
    "--audit-log-maxage=1",
    "--audit-log-maxbackup=1",
    "--audit-log-maxsize=1",
    "--audit-log-mode=batch",
    "--audit-log-path=-",
    "--audit-log-truncate-enabled",
    "--audit-log-truncate-max-batch-size=1",
    "--audit-log-truncate-max-event-size=1",
    "--audit-log-version=audit.k8s.io/v1",
    "--audit-policy-file=f",
    "--audit-webhook-batch-buffer-size=1",
    "--audit-webhook-batch-max-size=1",
    "--audit-webhook-batch-max-wait=30s",
    "--audit-webhook-batch-throttle-burst=1",
    "--audit-webhook-batch-throttle-enable",
    "--audit-webhook-batch-throttle-qps=1",
    "--audit-webhook-config-file=f",
    "--audit-webhook-initial-backoff=10s",
    "--audit-webhook-mode=batch",
    "--audit-webhook-truncate-enabled",
    "--audit-webhook-truncate-max-batch-size=1",
    "--audit-webhook-truncate-max-event-size=1",
    "--audit-webhook-version=audit.k8s.io/v1",
    "--authentication-kubeconfig=f",
    "--authentication-skip-lookup",
    "--authentication-token-webhook-cache-ttl=10s",
    "--authentication-tolerate-lookup-failure",
    "--authorization-always-allow-paths=/a,/b/*",
    "--authorization-kubeconfig=f",
    "--authorization-webhook-cache-authorized-ttl=10s",
    "--authorization-webhook-cache-unauthorized-ttl=10s",
    "--bind-address=::",
    "--cert-dir=d",
    "--client-burst=10",
    "--client-ca-file=f",
    "--client-qps=5.5",
    "--config=f",
    "--contention-profiling",
    "--debug-socket-path=f",
    "--disable-http2",
    "--discovery-interval=10m0s",
    "--enable-priority-and-fairness",
    "--http2-max-streams-per-connection=100",
    "--lister-kubeconfig=f",
    "--log-flush-frequency=5s",
    "--metrics-max-age=20m",
    "--metrics-relist-interval=10m0s",
    "--permit-address-sharing",
    "--permit-port-sharing",
    "--profiling",
    "--prometheus-auth-config=f",
    "--prometheus-auth-incluster",
    "--prometheus-ca-file=f",
    "--prometheus-client-tls-cert-file=f",
    "--prometheus-client-tls-key-file=f",
    "--prometheus-header=a=b",
    "--prometheus-token-file=f",
    "--prometheus-url=https://p",
    "--prometheus-verb=POST",
    "--requestheader-allowed-names=a,b",
    "--requestheader-client-ca-file=f",
    "--requestheader-extra-headers-prefix=x-",
    "--requestheader-group-headers=g",
    "--requestheader-username-headers=u",
    "--secure-port=6443",
    "--tls-cert-file=f",
    "--tls-cipher-suites=TLS_AES_128_GCM_SHA256",
    "--tls-min-version=VersionTLS13",
    "--tls-private-key-file=f",
    "--tls-sni-cert-key=a,b",
    "--v=2",
    "--vmodule=a=1",
];

#[test]
fn every_flag_of_prometheus_adapter_is_accepted_with_an_equals_sign_and_without() {
    let line = |flags: &[String]| format!("adapter {}", flags.join(" "));
    let joined: Vec<String> = ALL_FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    serve(&line(&joined));
    let apart: Vec<String> = ALL_FLAGS
        .iter()
        .map(|flag| flag.replacen('=', " ", 1))
        .collect();
    serve(&line(&apart));
    let underscored: Vec<String> = ALL_FLAGS
        .iter()
        .map(|flag| {
            let (name, value) = flag.split_at(flag.find('=').unwrap_or(flag.len()));
            format!("--{}{value}", name[2..].replace('-', "_"))
        })
        .collect();
    serve(&line(&underscored));
}

#[test]
fn flags_without_effect_are_named_with_advice_and_switched_off_ones_are_not() {
    let args = with("--audit-log-path - --audit-policy-file f --permit-port-sharing");
    insta::assert_snapshot!(args.ignored.warnings.join("\n"), @r"
    --audit-log-path, --audit-policy-file without effect: no audit log is written; the one of kube-apiserver holds every read of a metric
    --permit-port-sharing without effect: one adapter listens on an address; run more replicas instead
    ");
    assert_eq!(with("--profiling=false").ignored.warnings.len(), 0);
}

#[test]
fn an_unknown_flag_is_one_error_with_the_nearest_known_one() {
    let text = complaint("--prometheus-ulr=http://p");
    assert!(text.contains("'--prometheus-ulr'"), "{text}");
    assert!(text.contains("'--prometheus-url'"), "{text}");
    assert!(complaint("--logtostderr").contains("'--logtostderr'"));
}

#[test]
fn a_bad_value_names_the_flag_and_what_would_be_right() {
    for (more, named, right) in [
        (
            "--metrics-relist-interval=10",
            "--metrics-relist-interval",
            "10m0s",
        ),
        (
            "--metrics-relist-interval=0s",
            "--metrics-relist-interval",
            "longer than 0s",
        ),
        ("--prometheus-verb=PUT", "--prometheus-verb", "GET, POST"),
        ("--tls-min-version=1.2", "--tls-min-version", "VersionTLS12"),
        (
            "--tls-cipher-suites=RC4",
            "--tls-cipher-suites",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
        ("--disable-http2=maybe", "--disable-http2", "true or false"),
        (
            "--requestheader-username-headers=",
            "--requestheader-username-headers",
            "blank",
        ),
        ("--secure-port=70000", "--secure-port", "70000"),
    ] {
        let text = complaint(more);
        assert!(
            text.contains(named) && text.contains(right),
            "{more}: {text}"
        );
    }
}

#[test]
fn a_rules_file_is_demanded_and_so_are_both_halves_of_a_certificate() {
    use ErrorKind::{ArgumentConflict, MissingRequiredArgument};
    let kind = |line| command(line).unwrap_err();
    assert_eq!(kind("adapter"), MissingRequiredArgument);
    assert_eq!(
        kind("adapter --config c --tls-cert-file c"),
        MissingRequiredArgument
    );
    let both = "adapter --config c --tls self --tls-cert-file c --tls-private-key-file k";
    assert_eq!(kind(both), ArgumentConflict);
    assert!(with("").tls.tls.is_none());
    assert!(with("--tls self").tls.tls.is_some());
}

#[test]
fn booleans_lists_and_repetitions_are_those_of_go() {
    let args = with("--disable-http2 false --prometheus-verb post --prometheus-verb=GET");
    assert!(
        args.serving.disable_http2,
        "a word apart is no value of a boolean"
    );
    assert_eq!(args.prometheus.access.prometheus_verb, Verb::Get);
    assert!(!with("--disable-http2=F").serving.disable_http2);
    let args =
        with("--authorization-always-allow-paths=/a,/b --authorization-always-allow-paths /c");
    assert_eq!(
        args.auth.authorization_always_allow_paths,
        ["/a", "/b", "/c"]
    );
    let paths = with("").auth.authorization_always_allow_paths;
    assert_eq!(paths, ["/healthz", "/readyz", "/livez"]);
    let headers = with("--prometheus-header foo=bar --prometheus-header foo=a,b")
        .prometheus
        .access;
    let values: Vec<_> = headers
        .prometheus_header
        .iter()
        .map(|header| &header.value)
        .collect();
    assert_eq!(values, ["bar", "a,b"], "a comma belongs to the value");
}

#[test]
fn an_age_or_an_interval_of_nothing_is_the_default() {
    let args = with("--metrics-relist-interval 2m --metrics-max-age 0s --discovery-interval=0s");
    assert_eq!(args.rules.max_age(), Duration::from_mins(2));
    assert_eq!(args.cluster.discovery_interval(), Duration::from_mins(1));
    let args = with("--metrics-max-age 1h --discovery-interval=5m");
    assert_eq!(args.rules.max_age(), Duration::from_hours(1));
    assert_eq!(args.cluster.discovery_interval(), Duration::from_mins(5));
}

#[test]
fn a_maximum_age_below_the_interval_is_refused_where_there_are_rules() {
    let args = with("--metrics-relist-interval 10m --metrics-max-age 5m");
    let error = args.rules.check(true).unwrap_err().to_string();
    assert!(
        error.starts_with("max age must not be less than relist interval"),
        "{error}"
    );
    assert!(error.contains("5m") && error.contains("10m"), "{error}");
    assert!(args.rules.check(false).is_ok());
}

#[test]
fn check_and_shadow_have_command_lines_of_their_own() {
    let line = "adapter check --config c --against a.yaml --against b.yaml --output json";
    let Command::Check(args) = command(line).unwrap() else {
        panic!()
    };
    assert_eq!(
        args.against,
        [PathBuf::from("a.yaml"), PathBuf::from("b.yaml")]
    );
    assert!(args.prometheus_url.is_none());
    assert!(matches!(
        command("adapter shadow --config c"),
        Ok(Command::Shadow(_))
    ));
    assert_eq!(
        command("adapter check --help").unwrap_err(),
        ErrorKind::DisplayHelp
    );
    assert_eq!(
        command("adapter --help").unwrap_err(),
        ErrorKind::DisplayHelp
    );
    // Only the first word is a command; prometheus-adapter ignores words.
    assert_eq!(with("check").positional, ["check"]);
}

proptest! {
    #[test]
    fn any_command_line_is_read_or_refused(line in proptest::collection::vec("(--)?[a-z_=/0-9-]{0,20}", 0..6)) {
        let words = std::iter::once("adapter".to_owned()).chain(line);
        let _ = Command::parse(words.map(OsString::from));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "the text is the test")]
fn the_help_text_is_the_promised_one() {
    let help = Args::command().term_width(100).render_help().to_string();
    insta::assert_snapshot!(help, @r#"
    Serves Prometheus metrics to HorizontalPodAutoscalers through custom.metrics.k8s.io

    Usage: custom-metrics-adapter --config <FILE> [OPTIONS]
           custom-metrics-adapter check --help
           custom-metrics-adapter shadow --help

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Rules:
          --config <FILE>
              Rules file in prometheus-adapter's format
          --policies <FILE>
              What goes beyond prometheus-adapter's format: a file of policies for its metrics [env:
              CM_ADAPTER_POLICIES]
          --metrics-relist-interval <DURATION>
              How often the names of series and labels are read again from Prometheus [default: 10m]
          --metrics-max-age <DURATION>
              How far back series are looked for [default: the relist interval]

    Prometheus:
          --prometheus-url <URL>
              Base URL of Prometheus [default: https://localhost]
          --prometheus-verb <METHOD>
              HTTP method of queries [default: GET] [possible values: GET, POST]
          --prometheus-header <NAME=VALUE>
              Header of every request to Prometheus; may be repeated. Secrets belong in a token file
          --prometheus-token-file <FILE>
              Bearer token for Prometheus, read again every minute
          --prometheus-ca-file <FILE>
              Authorities of Prometheus' certificate, PEM [default: those of the system]
          --prometheus-client-tls-cert-file <FILE>
              Client certificate for Prometheus, PEM; counts only together with --prometheus-ca-file
          --prometheus-client-tls-key-file <FILE>
              Key of the client certificate, PEM
          --prometheus-auth-incluster[=<BOOL>]
              Ask Prometheus with the token of the pod's service account, and believe the cluster's
              authority
          --prometheus-auth-config <FILE>
              Kubeconfig whose credentials and authority are used for Prometheus; its server is not
          --prometheus-max-response <BYTES>
              Largest answer of Prometheus that is read, in bytes [env:
              CM_ADAPTER_PROMETHEUS_MAX_RESPONSE] [default: 67108864]
          --answer-budget <DURATION>
              How long a reader waits for an answer before it gets an error [env:
              CM_ADAPTER_ANSWER_BUDGET] [default: 1s]

    Serving:
          --secure-port <PORT>       Port of the API, HTTPS [default: 443]
          --bind-address <IP>        Address of the API [default: 0.0.0.0]
          --admin-address <IP:PORT>  Address of /livez, /readyz and /metrics, plain HTTP [env:
                                     CM_ADAPTER_ADMIN_ADDRESS] [default: 0.0.0.0:8080]
          --max-connections <COUNT>  Most API connections at one time; more wait to be accepted [env:
                                     CM_ADAPTER_MAX_CONNECTIONS] [default: 1024]
          --disable-http2[=<BOOL>]   Offer HTTP/1.1 only

    TLS:
          --tls <TLS>                     Make a certificate authority and a serving certificate, keep
                                          them in a Secret and write the authority to our APIServices
                                          [env: CM_ADAPTER_TLS] [possible values: self]
          --tls-cert-file <FILE>          Serving certificate chain, PEM; re-read every 10 s
          --tls-private-key-file <FILE>   Key of the serving certificate, PEM; re-read every 10 s
          --cert-dir <FOLDER>             Without any of the three above: folder of apiserver.crt and
                                          apiserver.key, made where they are missing [default:
                                          apiserver.local.config/certificates]
          --tls-cipher-suites <NAME,...>  Cipher suites of TLS 1.2, by their Go names [default: all that
                                          are safe]
          --tls-min-version <VERSION>     Lowest version of TLS by its Go name; below 1.2 it is 1.2
                                          [default: VersionTLS12]

    Cluster:
          --lister-kubeconfig <FILE>       Kubeconfig of the cluster [default: the pod's service
                                           account]
          --discovery-interval <DURATION>  How often the kinds of the cluster are read again [default:
                                           1m]
          --client-burst <COUNT>           Most lists of objects that are under way at once; pods are
                                           watched instead [default: 10]
          --namespace <NAME>               Namespace of our Service and Secret [env: POD_NAMESPACE]
                                           [default: custom-metrics]
          --service-name <NAME>            Service in front of the API, named in our APIServices [env:
                                           CM_ADAPTER_SERVICE_NAME] [default: custom-metrics-apiserver]
          --serving-secret <NAME>          Secret that holds what `--tls self` made [env:
                                           CM_ADAPTER_SERVING_SECRET] [default:
                                           cm-adapter-serving-certs]

    Identity and access:
          --authentication-kubeconfig <FILE>
              Kubeconfig for reading how identities prove themselves [default: the pod's service
              account, or else --lister-kubeconfig]
          --authentication-skip-lookup[=<BOOL>]
              Do not read ConfigMap kube-system/extension-apiserver-authentication
          --authentication-tolerate-lookup-failure[=<BOOL>]
              Become ready also while that ConfigMap cannot be read
          --authentication-token-webhook-cache-ttl <DURATION>
              How long a reviewed bearer token is remembered [default: 10s]
          --authorization-kubeconfig <FILE>
              Kubeconfig for access reviews [default: the pod's service account, or else
              --lister-kubeconfig]
          --authorization-always-allow-paths <PATH,...>
              Paths that anybody may read; a trailing * stands for everything below [default:
              /healthz,/readyz,/livez]
          --authorization-webhook-cache-authorized-ttl <DURATION>
              How long an allowed access review is remembered [default: 5m]
          --authorization-webhook-cache-unauthorized-ttl <DURATION>
              How long a denied access review is remembered [default: 30s]
          --client-ca-file <FILE>
              Authorities of users' client certificates, PEM [default: the ConfigMap's]
          --requestheader-client-ca-file <FILE>
              Authorities of front proxies, PEM; the four flags below count only together with it
              [default: the ConfigMap's]
          --requestheader-allowed-names <NAME,...>
              Common names a front proxy may have [default: any]
          --requestheader-username-headers <NAME,...>
              Headers that hold the user's name [default: x-remote-user]
          --requestheader-group-headers <NAME,...>
              Headers that hold the user's groups [default: x-remote-group]
          --requestheader-extra-headers-prefix <NAME,...>
              Prefixes of headers that hold more about the user [default: x-remote-extra-]

    Shutdown:
          --shutdown-grace <DURATION>  Time between "not ready" and the end of accepting, so that
                                       endpoints follow [env: CM_ADAPTER_SHUTDOWN_GRACE] [default: 3s]
          --drain-timeout <DURATION>   Longest wait for requests in flight [env:
                                       CM_ADAPTER_DRAIN_TIMEOUT] [default: 20s]

    Logging:
      -v, --v <LEVEL>                Verbosity: 0-3 info, 4-5 debug, 6 and more trace [default: 0]
          --log-format <LOG_FORMAT>  Form of log lines [env: CM_ADAPTER_LOG_FORMAT] [default: auto]
                                     [possible values: auto, json, plain]

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
      custom-metrics-adapter --config config.yaml --cert-dir /tmp/cert \
          --lister-kubeconfig ~/.kube/config --prometheus-url http://127.0.0.1:9090

    Flags of prometheus-adapter that are not listed (audit, profiling and the like) are accepted
    and ignored with a warning.

    Exit codes: 0 ended by a signal, 1 run-time failure, 2 unusable command line or configuration
    "#);
}
