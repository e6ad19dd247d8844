//! Who may ask the adapter. Past kube-apiserver nobody is believed by their own word.

use anyhow::{Context as _, Result};
use e2e::answer::Answer;
use e2e::cluster::Cluster;
use e2e::forward::TlsPort;
use e2e::names::{
    ADAPTER_NAMESPACE, ADAPTER_PORT, ADAPTER_SELECTOR, API_SERVICE, APP_NAMESPACE, METRIC,
};
use e2e::{harness, metric, pods};
use http::{HeaderMap, HeaderValue};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::{Api, ResourceExt as _};

#[tokio::test]
async fn nobody_gets_no_metric_from_the_adapters_own_port() -> Result<()> {
    harness::on_stack(async |cluster| refused(&ask_directly(cluster, HeaderMap::new()).await?))
        .await
}

#[tokio::test]
async fn identity_headers_count_for_nothing_without_the_front_proxys_certificate() -> Result<()> {
    harness::on_stack(async |cluster| {
        let mut headers = HeaderMap::new();
        headers.insert("x-remote-user", HeaderValue::from_static("admin"));
        headers.insert("x-remote-group", HeaderValue::from_static("system:masters"));
        refused(&ask_directly(cluster, headers).await?)
    })
    .await
}

/// What kube-apiserver is answered with a number, asked at the adapter's pod itself, without a certificate.
/// Only the authority of the APIService's caBundle and the Service's own name are believed.
async fn ask_directly(cluster: &Cluster, headers: HeaderMap) -> Result<Answer> {
    let path = metric::path(APP_NAMESPACE, "*", METRIC, "");
    cluster
        .get(&path)
        .await?
        .text()
        .context("the same question through kube-apiserver")?;

    let services: Api<APIService> = cluster.all();
    let spec = services
        .get(API_SERVICE)
        .await?
        .spec
        .context("an APIService has a spec")?;
    let authority = spec.ca_bundle.context("there is no caBundle")?.0;
    let pod = pods::the_ready_one(cluster, ADAPTER_NAMESPACE, ADAPTER_SELECTOR)
        .await?
        .name_any();
    let port = TlsPort {
        namespace: ADAPTER_NAMESPACE,
        pod: &pod,
        port: ADAPTER_PORT,
        server_name: "custom-metrics-apiserver.custom-metrics.svc",
        authority: &authority,
    };
    port.get(cluster, &path, headers).await
}

fn refused(answer: &Answer) -> Result<()> {
    let status = answer.refusal()?;
    assert!([401, 403].contains(&status.code), "{status:?}");
    Ok(())
}
