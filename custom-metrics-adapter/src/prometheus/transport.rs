//! The connection to Prometheus: whom to believe, and how to prove ourselves by a certificate.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use kube::client::ConfigExt as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use reqwest::{Certificate, ClientBuilder, Identity, redirect};

use crate::args::PrometheusAccess;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Credentials of a kubeconfig or of the pod, for Prometheus instead of kube-apiserver.
///
/// # Errors
/// When both are asked for, or the one asked for is not there.
pub(super) async fn kubernetes(access: &PrometheusAccess) -> anyhow::Result<Option<kube::Config>> {
    let file = access.prometheus_auth_config.as_deref();
    if access.prometheus_ca_file.is_some() {
        if access.prometheus_auth_incluster || file.is_some() {
            tracing::warn!(
                "--prometheus-auth-incluster and --prometheus-auth-config without effect: with --prometheus-ca-file they are not used; give the token by --prometheus-token-file"
            );
        }
        return Ok(None);
    }
    match (access.prometheus_auth_incluster, file) {
        (true, Some(_)) => anyhow::bail!(
            "--prometheus-auth-incluster and --prometheus-auth-config: use one of them, not both"
        ),
        (false, None) => Ok(None),
        (true, None) => {
            let config = kube::Config::incluster();
            let config = config.context("--prometheus-auth-incluster: not in a pod")?;
            Ok(Some(config))
        }
        (false, Some(path)) => {
            let context = || format!("--prometheus-auth-config {}", path.display());
            let file = Kubeconfig::read_from(path).with_context(context)?;
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(file, &options).await;
            Ok(Some(config.with_context(context)?))
        }
    }
}

/// A client that follows no redirect and uses no proxy.
///
/// # Errors
/// Names the flag and the file that is unusable.
pub(super) async fn client(
    https: bool,
    access: &PrometheusAccess,
    kubernetes: Option<&kube::Config>,
) -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!(
            "custom-metrics-adapter/",
            env!("CARGO_PKG_VERSION")
        ));
    let builder = match (&access.prometheus_ca_file, kubernetes) {
        (Some(path), _) => files(builder, path, access).await?,
        // The system's authorities are not needed, and an image from scratch has none: asking for
        // them would fail.
        (None, _) if !https => builder.tls_certs_only([]),
        (None, Some(config)) => {
            let tls = config.rustls_client_config();
            let tls = tls.context("--prometheus-auth-config: use its authority and certificate")?;
            builder.tls_backend_preconfigured(tls)
        }
        (None, None) => builder,
    };
    if access.prometheus_ca_file.is_none() && access.prometheus_client_tls_cert_file.is_some() {
        tracing::warn!(
            "--prometheus-client-tls-cert-file without effect: it counts only together with --prometheus-ca-file"
        );
    }
    builder.build().context("set up the client of Prometheus")
}

async fn files(
    builder: ClientBuilder,
    authorities: &Path,
    access: &PrometheusAccess,
) -> anyhow::Result<ClientBuilder> {
    let context = || format!("--prometheus-ca-file {}", authorities.display());
    let pem = tokio::fs::read(authorities).await.with_context(context)?;
    let certificates = Certificate::from_pem_bundle(&pem).with_context(context)?;
    anyhow::ensure!(
        !certificates.is_empty(),
        "{}: no certificate in it",
        context()
    );
    let builder = builder.tls_certs_only(certificates);
    let certificate = access.prometheus_client_tls_cert_file.as_deref();
    let key = access.prometheus_client_tls_key_file.as_deref();
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let context = || format!("use {} with {}", certificate.display(), key.display());
            let mut pem = tokio::fs::read(certificate).await.with_context(context)?;
            pem.push(b'\n');
            pem.extend(tokio::fs::read(key).await.with_context(context)?);
            Ok(builder.identity(Identity::from_pem(&pem).with_context(context)?))
        }
        (None, None) => Ok(builder),
        _ => {
            tracing::warn!(
                "--prometheus-client-tls-cert-file and --prometheus-client-tls-key-file without effect: each needs the other"
            );
            Ok(builder)
        }
    }
}

#[cfg(test)]
mod tests;
