//! What has to stand before an HPA can be looked at, and its end.

use anyhow::{Context as _, Result, ensure};
use e2e::cluster::Cluster;
use e2e::fixture::{self, Images};
use e2e::wait::{self, LATER};
use e2e::{kubectl, namespace, pods};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};
use serde_json::Value;

use crate::cases::{BY_CPU, Round, cases};
use crate::registration;

/// The applications and their HPAs.
pub(crate) const SHOP: &str = "e2e-shop";
/// Prometheus, and prometheus-adapter as kube-prometheus installs it.
pub(crate) const MONITORING: &str = "e2e-monitoring";
/// prometheus-adapter as its Helm chart installs it.
pub(crate) const CHART: &str = "e2e-chart";
/// The Deployment, its container and its Service in both of them.
pub(crate) const ADAPTER: &str = "prometheus-adapter";

/// `window` of `fixtures/kube-prometheus/config.yaml`, in seconds.
const WINDOW: i64 = 30;

const PROMETHEUS: &str =
    "/api/v1/namespaces/e2e-monitoring/services/prometheus-k8s:9090/proxy/api/v1/query?query=";

/// Applications and Prometheus, until Prometheus has every series: an adapter that starts now finds them all.
pub(crate) async fn open(cluster: &Cluster, images: &Images) -> Result<()> {
    fixture::apply(cluster, images, "prometheus").await?;
    fixture::apply(cluster, images, "shop").await?;
    fixture::apply_file(cluster, images, "shop/queue.yaml", &[]).await?;
    let names: Vec<&str> = cases(Round::First).iter().map(|case| case.name).collect();
    fixture::apply_file(cluster, images, "shop/target.yaml", &names).await?;
    rolled_out(cluster, SHOP, "deployment").await?;
    rolled_out(cluster, MONITORING, "deployment/prometheus-k8s").await?;
    for (series, expected) in [
        ("work_items", 1),
        ("checkout_requests", 1),
        ("orders_waiting", 1),
        ("baskets_open", 1),
        ("queue_depth", 3),
        ("visitors", 2),
        ("node_cpu_usage_seconds_total", 1),
        ("container_cpu_usage_seconds_total", 10),
    ] {
        has_series(cluster, series, expected).await?;
    }
    Ok(())
}

async fn has_series(cluster: &Cluster, query: &str, expected: usize) -> Result<()> {
    let what = format!("Prometheus to have {query}");
    wait::poll(&what, LATER, async || {
        let answer = cluster.get(&format!("{PROMETHEUS}{query}")).await?.json()?;
        let found = answer["data"]["result"].as_array();
        let found = found.with_context(|| format!("no result in {answer}"))?;
        ensure!(found.len() >= expected, "{} series", found.len());
        Ok(())
    })
    .await
}

/// Both adapters with the image that `images` puts in the place of the incumbent's, registered once they are ready.
pub(crate) async fn install(cluster: &Cluster, images: &Images) -> Result<()> {
    fixture::apply(cluster, images, "chart").await?;
    fixture::apply(cluster, images, "kube-prometheus").await?;
    adapters_rolled_out(cluster).await?;
    registration::register(cluster, images).await?;
    measured_for_a_window(cluster).await
}

/// The HPA controller takes no CPU of a pod that has not been ready for a whole window of it.
async fn measured_for_a_window(cluster: &Cluster) -> Result<()> {
    let pods: Api<Pod> = cluster.namespaced(SHOP);
    wait::poll("CPU over a whole window", LATER, async || {
        let path = format!("/apis/metrics.k8s.io/v1beta1/namespaces/{SHOP}/pods");
        let measured = cluster.get(&path).await?.json()?;
        let measured = measured["items"].as_array().context("no items")?;
        for name in BY_CPU {
            let selector = format!("app={name}");
            let found = pods.list(&ListParams::default().labels(&selector)).await?;
            let pod = found.items.first().context("no pod")?;
            let since = pods::ready_since(pod).context("it is not ready")?;
            let metrics = measured
                .iter()
                .find(|each| each["metadata"]["name"] == pod.name_any().as_str());
            let metrics = metrics.with_context(|| format!("no CPU of {}", pod.name_any()))?;
            let until: Time = serde_json::from_value(metrics["timestamp"].clone())?;
            let seconds = until.0.duration_since(since.0).as_secs();
            ensure!(seconds > WINDOW, "{seconds}s of {WINDOW}s");
        }
        Ok(())
    })
    .await
}

/// What an operator does who wants ours: another image, and nothing else.
pub(crate) async fn switch(cluster: &Cluster, image: &str) -> Result<()> {
    for place in [CHART, MONITORING] {
        let change = format!("{ADAPTER}={image}");
        let arguments = ["-n", place, "set", "image", "deployment/prometheus-adapter"];
        let arguments = [&arguments[..], &[change.as_str()]].concat();
        kubectl::run(cluster, &arguments).await?.ok()?;
    }
    adapters_rolled_out(cluster).await
}

async fn adapters_rolled_out(cluster: &Cluster) -> Result<()> {
    let adapter = "deployment/prometheus-adapter";
    let (chart, kube_prometheus) = tokio::join!(
        rolled_out(cluster, CHART, adapter),
        rolled_out(cluster, MONITORING, adapter)
    );
    chart.and(kube_prometheus)
}

async fn rolled_out(cluster: &Cluster, place: &str, what: &str) -> Result<()> {
    let arguments = ["-n", place, "rollout", "status", what, "--timeout=240s"];
    kubectl::run(cluster, &arguments).await?.ok()?;
    Ok(())
}

/// The image that every adapter pod runs, and that none of them was started twice.
pub(crate) async fn all_run(cluster: &Cluster, image: &str) -> Result<()> {
    for place in [CHART, MONITORING] {
        let arguments = ["-n", place, "get", "pods", "-o", "json"];
        let selector = ["-l", "app.kubernetes.io/name=prometheus-adapter"];
        let pods = kubectl::run(cluster, &[&arguments[..], &selector[..]].concat()).await?;
        let pods: Value = serde_json::from_str(&pods.clean()?)?;
        let pods = pods["items"].as_array().context("a list has items")?;
        let pods = pods
            .iter()
            .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        for pod in pods {
            let status = &pod["status"]["containerStatuses"][0];
            ensure!(pod["spec"]["containers"][0]["image"] == image, "{pod}");
            ensure!(status["restartCount"] == 0, "it restarted: {status}");
        }
    }
    Ok(())
}

/// All of it away again, registrations first: one without an answer would hold up the end of every namespace.
pub(crate) async fn close(cluster: &Cluster) -> Result<()> {
    registration::unregister(cluster).await?;
    let (key, value) = namespace::LABEL;
    let label = format!("{key}={value}");
    for kinds in [
        "namespaces",
        "clusterroles,clusterrolebindings,customresourcedefinitions",
        "rolebindings",
    ] {
        let arguments = ["delete", kinds, "-l", &label, "--timeout=180s"];
        let place = ["-n", "kube-system"];
        let place = if kinds == "rolebindings" {
            &place[..]
        } else {
            &[]
        };
        let said = kubectl::run(cluster, &[&arguments[..], place].concat()).await?;
        said.ok()?;
    }
    Ok(())
}
