//! The cases of prometheus-adapter's own `adapter_test.go`.

use clap::Parser as _;
use tempfile::TempDir;

use super::*;
use crate::args::Args;

const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://cluster'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
";

fn access(flags: &[String]) -> PrometheusAccess {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let line = ["adapter".to_owned(), "--config=c".to_owned()];
    let args = Args::try_parse_from(line.iter().chain(flags)).unwrap();
    args.prometheus.access
}

/// A folder with good and bad files, and a flag that names one of them.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let pair = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        let write = |name: &str, content: &str| {
            std::fs::write(folder.path().join(name), content).unwrap();
        };
        write("kubeconfig", KUBECONFIG);
        write("junk", "junk: [");
        write("empty", "");
        write("ca.crt", &pair.cert.pem());
        write("tls.crt", &pair.cert.pem());
        write("tls.key", &pair.signing_key.serialize_pem());
        Self(folder)
    }

    fn flag(&self, flag: &str, file: &str) -> String {
        format!("--{flag}={}", self.0.path().join(file).display())
    }
}

#[tokio::test]
async fn a_kubeconfig_is_read_and_with_incluster_it_is_one_too_many() {
    let files = Files::new();
    let good = files.flag("prometheus-auth-config", "kubeconfig");
    let incluster = "--prometheus-auth-incluster".to_owned();
    let config = kubernetes(&access(std::slice::from_ref(&good)))
        .await
        .unwrap();
    assert!(config.unwrap().auth_info.token.is_some());
    assert!(kubernetes(&access(&[])).await.unwrap().is_none());
    let error = kubernetes(&access(&[good, incluster])).await.unwrap_err();
    assert!(error.to_string().contains("not both"), "{error}");
    let junk = files.flag("prometheus-auth-config", "junk");
    let error = kubernetes(&access(&[junk])).await.unwrap_err();
    assert!(
        error.to_string().contains("--prometheus-auth-config"),
        "{error}"
    );
}

#[tokio::test]
async fn an_authority_silences_the_kubeconfig() {
    let files = Files::new();
    let flags = [
        files.flag("prometheus-auth-config", "junk"),
        files.flag("prometheus-ca-file", "ca.crt"),
    ];
    assert!(kubernetes(&access(&flags)).await.unwrap().is_none());
}

#[tokio::test]
async fn authority_and_client_pair_are_read_and_what_is_bad_is_named() {
    let files = Files::new();
    let ca = files.flag("prometheus-ca-file", "ca.crt");
    let certificate = |file| files.flag("prometheus-client-tls-cert-file", file);
    let key = |file| files.flag("prometheus-client-tls-key-file", file);
    let build = async |flags: &[String]| client(true, &access(flags), None).await;
    build(std::slice::from_ref(&ca)).await.unwrap();
    build(&[ca.clone(), certificate("tls.crt"), key("tls.key")])
        .await
        .unwrap();
    // Without its key the certificate is not looked at.
    build(&[ca.clone(), certificate("junk")]).await.unwrap();
    for (flags, named) in [
        (
            vec![files.flag("prometheus-ca-file", "junk")],
            "--prometheus-ca-file",
        ),
        (
            vec![files.flag("prometheus-ca-file", "empty")],
            "--prometheus-ca-file",
        ),
        (vec![files.flag("prometheus-ca-file", "none")], "none"),
        (
            vec![ca.clone(), certificate("junk"), key("tls.key")],
            "junk",
        ),
        (vec![ca, certificate("tls.crt"), key("junk")], "junk"),
    ] {
        let error = format!("{:#}", build(&flags).await.unwrap_err());
        assert!(error.contains(named), "{error}");
    }
}

#[tokio::test]
async fn plain_http_needs_no_authority() {
    client(false, &access(&[]), None).await.unwrap();
}
