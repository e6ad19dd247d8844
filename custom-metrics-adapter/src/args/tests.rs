mod help;

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
