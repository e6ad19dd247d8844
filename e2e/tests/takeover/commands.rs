//! What people type, with both outputs looked at: an API that answers badly shows in commands that do not ask it.

use anyhow::{Context as _, Result, ensure};
use e2e::cluster::Cluster;
use e2e::kubectl;
use e2e::wait::{self, SOON};
use serde_json::Value;

use crate::stage::SHOP;

/// Every command of people's days succeeds, and none complains.
pub(crate) async fn all_clean(cluster: &Cluster, version: &str) -> Result<()> {
    let custom = format!("/apis/custom.metrics.k8s.io/{version}");
    let shop = format!("{custom}/namespaces/{SHOP}");
    for path in [
        custom,
        format!("{shop}/pods/*/work_items"),
        format!("{shop}/services/checkout/checkout_requests_open"),
        format!("{shop}/queues.shop.example.com/orders/orders_waiting"),
        format!("{shop}/metrics/baskets_open"),
        format!("/apis/external.metrics.k8s.io/v1beta1/namespaces/{SHOP}/queue_depth"),
        "/apis/metrics.k8s.io/v1beta1/nodes".to_owned(),
        format!("/apis/metrics.k8s.io/v1beta1/namespaces/{SHOP}/pods"),
    ] {
        clean(cluster, &["get", "--raw", &path]).await?;
    }
    for command in [
        &["api-resources"][..],
        &["api-versions"],
        &["get", "all", "-n", SHOP],
        &["get", "all", "-A"],
        &["get", "hpa", "-A"],
        &["explain", "deployment.spec"],
        &["top", "nodes"],
        &["top", "pods", "-n", SHOP],
        &["top", "pods", "-A", "--containers"],
        &["top", "pods", "-n", SHOP, "-l", "app=cpu", "--sum"],
    ] {
        clean(cluster, command).await?;
    }
    everything_is_listed(cluster, version).await?;
    a_namespace_comes_and_goes(cluster).await
}

/// Nothing on standard error, and something on standard output.
async fn clean(cluster: &Cluster, command: &[&str]) -> Result<String> {
    let printed = kubectl::run(cluster, command).await?.clean()?;
    ensure!(!printed.is_empty(), "kubectl {} is mute", command.join(" "));
    Ok(printed)
}

/// Descriptions of HPAs as people read them: numbers, and no warning.
pub(crate) async fn descriptions_are_clean(cluster: &Cluster) -> Result<()> {
    let described = clean(cluster, &["describe", "hpa", "-n", SHOP]).await?;
    for bad in ["<unknown>", "Warning", "FailedGet", "FailedCompute"] {
        ensure!(!described.contains(bad), "{bad} in:\n{described}");
    }
    Ok(())
}

async fn everything_is_listed(cluster: &Cluster, version: &str) -> Result<()> {
    let versions = clean(cluster, &["api-versions"]).await?;
    for wanted in [
        format!("custom.metrics.k8s.io/{version}"),
        "external.metrics.k8s.io/v1beta1".to_owned(),
        "metrics.k8s.io/v1beta1".to_owned(),
    ] {
        ensure!(
            versions.lines().any(|line| line == wanted),
            "no {wanted} in:\n{versions}"
        );
    }
    Ok(())
}

/// The end of a namespace asks every registered API what lives in it.
async fn a_namespace_comes_and_goes(cluster: &Cluster) -> Result<()> {
    const PASSING: &str = "e2e-passing";
    clean(cluster, &["create", "namespace", PASSING]).await?;
    clean(cluster, &["delete", "namespace", PASSING, "--timeout=60s"]).await?;
    Ok(())
}

/// What kube-apiserver has written so far of its aggregated APIs, as errors; only a lab shows its log.
pub(crate) async fn errors_of_apiserver(cluster: &Cluster) -> Result<Vec<String>> {
    let Some(lab) = kubectl::lab(cluster) else {
        return Ok(Vec::new());
    };
    let log = tokio::process::Command::new(e2e::scripts::root().join("lab/lab"))
        .env("LAB_NAME", lab)
        .args(["logs", "kube-apiserver", "-n", "+1"])
        .output()
        .await?;
    ensure!(log.status.success(), "lab/lab logs: {}", log.status);
    let log = String::from_utf8_lossy(&log.stdout);
    let ours = |line: &&str| line.starts_with('E') && line.contains("metrics.k8s.io");
    Ok(log.lines().filter(ours).map(str::to_owned).collect())
}

/// kube-apiserver has read the adapter's discovery, which it does by itself, about once a minute.
pub(crate) async fn discovery_is_merged(cluster: &Cluster, version: &str) -> Result<()> {
    wait::poll(
        "our metrics in the cluster's discovery",
        SOON * 2,
        async || {
            let groups = cluster.client.list_api_groups_aggregated().await?;
            let groups = serde_json::to_value(groups.items)?;
            for (group, version) in [
                ("custom.metrics.k8s.io", version),
                ("external.metrics.k8s.io", "v1beta1"),
            ] {
                let found = named(&groups, "/metadata/name", group);
                let found = found.with_context(|| format!("no {group}"))?;
                let found = named(&found["versions"], "/version", version);
                let found = found.with_context(|| format!("no {version} of {group}"))?;
                let resources = found["resources"].as_array().context("no resources")?;
                ensure!(!resources.is_empty(), "{group} is empty: {found}");
            }
            Ok(())
        },
    )
    .await
}

/// The element of a list that has `name` at the pointer `key`.
fn named<'a>(list: &'a Value, key: &str, name: &str) -> Option<&'a Value> {
    let mut elements = list.as_array()?.iter();
    elements.find(|each| each.pointer(key).and_then(Value::as_str) == Some(name))
}

/// kube-apiserver has merged what the adapter says of itself into its own OpenAPI, both generations of it.
pub(crate) async fn openapi_is_merged(cluster: &Cluster, version: &str) -> Result<()> {
    let group = format!("apis/custom.metrics.k8s.io/{version}");
    let below = format!("/{group}/");
    wait::poll(
        "our paths in kube-apiserver's OpenAPI",
        SOON * 2,
        async || {
            let second = cluster.get("/openapi/v2").await?.json()?;
            let paths = second["paths"].as_object().context("no paths")?;
            ensure!(
                paths.keys().any(|path| path.starts_with(&below)),
                "nothing of {group} in version 2"
            );
            let third = cluster.get("/openapi/v3").await?.json()?;
            let link = third["paths"][&group]["serverRelativeURL"].as_str();
            let link = link.with_context(|| format!("no {group} in version 3"))?;
            let document = cluster.get(link).await?.json()?;
            let version = document["openapi"].as_str().context("no version")?;
            ensure!(version.starts_with("3."), "{version}");
            Ok(())
        },
    )
    .await
}
