//! Which Service answers for the metrics APIs.

use anyhow::{Context as _, Result, ensure};
use e2e::cluster::Cluster;
use e2e::fixture::{self, Images};
use e2e::wait::{self, SOON};
use e2e::{kubectl, namespace};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

/// Registered by the cluster's own metrics-server, and lent to the adapter for as long as the test takes.
const RESOURCES: &str = "v1beta1.metrics.k8s.io";
/// Where the loan is noted, so that a run after a killed one can end it.
const LENDER: &str = "custom-metrics-stack-e2e/lender";

/// Registers both adapters and waits until kube-apiserver finds them answering.
pub(crate) async fn register(cluster: &Cluster, images: &Images) -> Result<()> {
    fixture::apply_file(cluster, images, "chart/apiservices.yaml", &[]).await?;
    borrow_resources(cluster).await?;
    for name in [
        "v1beta1.custom.metrics.k8s.io",
        "v1beta1.external.metrics.k8s.io",
        RESOURCES,
    ] {
        available(cluster, name).await?;
    }
    Ok(())
}

/// v1beta2 in the place of v1beta1: whoever still gets a custom metric now speaks the newer one.
pub(crate) async fn replace_v1beta1(cluster: &Cluster, images: &Images) -> Result<()> {
    fixture::apply_file(cluster, images, "chart/apiservice-v1beta2.yaml", &[]).await?;
    available(cluster, "v1beta2.custom.metrics.k8s.io").await?;
    let old = ["delete", "apiservice", "v1beta1.custom.metrics.k8s.io"];
    kubectl::run(cluster, &old).await?.ok()?;
    Ok(())
}

/// The cluster's registrations as they were; harmless where nothing was changed.
pub(crate) async fn unregister(cluster: &Cluster) -> Result<()> {
    let (key, value) = namespace::LABEL;
    let label = format!("{key}={value}");
    let arguments = ["delete", "apiservices", "-l", &label];
    kubectl::run(cluster, &arguments).await?.ok()?;
    return_resources(cluster).await
}

async fn borrow_resources(cluster: &Cluster) -> Result<()> {
    let services: Api<APIService> = cluster.all();
    let mut spec: Value = serde_json::from_str(&fixture::read("kube-prometheus/apiservice.json")?)?;
    if let Some(lender) = services.get_opt(RESOURCES).await? {
        ensure!(
            !lender
                .metadata
                .annotations
                .unwrap_or_default()
                .contains_key(LENDER),
            "{RESOURCES} is lent already; a test before this one did not clean up"
        );
        // A merge keeps what it does not name, and verified and unverified TLS exclude each other.
        spec["caBundle"] = Value::Null;
        let noted = serde_json::to_string(&lender.spec)?;
        let patch = json!({"metadata": {"annotations": {LENDER: noted}}, "spec": spec});
        change(&services, &patch).await
    } else {
        let manifest = json!({
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": RESOURCES, "labels": namespace::labels()},
            "spec": spec,
        });
        kubectl::apply(cluster, &manifest.to_string()).await
    }
}

async fn return_resources(cluster: &Cluster) -> Result<()> {
    let services: Api<APIService> = cluster.all();
    let found = services.get_opt(RESOURCES).await?;
    let annotations = found.and_then(|service| service.metadata.annotations);
    let Some(noted) = annotations.and_then(|notes| notes.get(LENDER).cloned()) else {
        return Ok(());
    };
    let mut spec: Value = serde_json::from_str(&noted).context("the noted lender")?;
    if spec["insecureSkipTLSVerify"].is_null() {
        spec["insecureSkipTLSVerify"] = Value::Null;
    }
    let patch = json!({"metadata": {"annotations": {LENDER: null}}, "spec": spec});
    change(&services, &patch).await?;
    available(cluster, RESOURCES).await
}

async fn change(services: &Api<APIService>, patch: &Value) -> Result<()> {
    services
        .patch(RESOURCES, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .with_context(|| format!("change {RESOURCES}"))?;
    Ok(())
}

/// Waits until kube-apiserver says that the service behind a registration answers.
pub(crate) async fn available(cluster: &Cluster, name: &str) -> Result<()> {
    let services: Api<APIService> = cluster.all();
    wait::watch(
        &services,
        name,
        &format!("{name} to be available"),
        SOON,
        |service| {
            let service = service.context("it is not registered")?;
            let conditions = service.status.and_then(|status| status.conditions);
            let conditions = conditions.unwrap_or_default();
            let available = conditions.iter().find(|is| is.type_ == "Available");
            let available = available.context("no condition yet")?;
            ensure!(available.status == "True", "{:?}", available.message);
            Ok(())
        },
    )
    .await
}
