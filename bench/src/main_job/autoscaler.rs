//! What the cluster tells about the HorizontalPodAutoscaler and its metric.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{
    clock::{self, Seen, wait_for},
    exposition::{self, label},
    kubectl::Kubectl,
};

const HPA: &str = "workload-hpa";
const METRIC: &str =
    "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/http_requests_per_second";
const PROMETHEUS: &str = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/metrics";

/// The last round's load must have left the rate's window of 60 s, its pods must be gone and the
/// autoscaler must have synced since; and Prometheus may just have been started.
const CALM_BOUND: Duration = Duration::from_mins(4);
/// Twice the autoscaler's period of 15 s.
const SYNC_BOUND: Duration = Duration::from_secs(30);

/// The answer of the custom metrics API.
#[derive(Debug, Deserialize)]
struct MetricValueList {
    items: Vec<MetricValue>,
}

#[derive(Debug, Deserialize)]
struct MetricValue {
    /// A Kubernetes quantity.
    value: String,
}

/// Waits until the adapter answers, for one pod, with a rate of 0, and the autoscaler has seen it and
/// wants one pod: every round begins alike.
pub fn wait_until_calm(kubectl: &Kubectl) -> Result<()> {
    wait_for(
        "one idle pod",
        CALM_BOUND,
        Duration::from_millis(500),
        || {
            Ok(match calm(kubectl) {
                Ok(None) => Seen::Done(()),
                Ok(Some(state)) => Seen::NotYet(state),
                // An API that is just being switched over answers with errors.
                Err(error) => Seen::NotYet(format!("{error:#}")),
            })
        },
    )
}

/// `None` when calm, else what is not.
fn calm(kubectl: &Kubectl) -> Result<Option<String>> {
    let answer = kubectl.raw(METRIC)?;
    let list: MetricValueList =
        serde_json::from_str(&answer).context("decoding a MetricValueList")?;
    let values: Vec<&str> = list.items.iter().map(|item| item.value.as_str()).collect();
    if values != ["0"] {
        return Ok(Some(format!("values of the pods {values:?}")));
    }
    let path = "jsonpath={.status.conditions[?(@.type==\"ScalingActive\")].status} \
                {.status.currentReplicas} {.status.desiredReplicas} \
                {.status.currentMetrics[0].pods.current.averageValue}";
    let status = kubectl.run(&["-n", "default", "get", "hpa", HPA, "-o", path])?;
    let is_calm = status.split_whitespace().eq(["True", "1", "1", "0"]);
    Ok((!is_calm).then(|| format!("autoscaler (active, pods, wanted, value): {status}")))
}

/// Waits for the autoscaler to begin its next sync; when it did, in seconds since 1970 (late by
/// at most the pause between two looks). Two calls in a row see two syncs.
///
/// An idle autoscaler changes nothing that a watch could see, but every sync begins with reading
/// the scale of its target, and kube-apiserver counts that.
pub fn next_sync(kubectl: &Kubectl) -> Result<f64> {
    let before = scale_reads(kubectl)?;
    wait_for(
        "a sync of the autoscaler",
        SYNC_BOUND,
        Duration::from_millis(250),
        || {
            let reads = scale_reads(kubectl)?;
            Ok(if reads > before {
                Seen::Done(clock::now())
            } else {
                Seen::NotYet(format!("{reads} reads of a scale, as before"))
            })
        },
    )
}

fn scale_reads(kubectl: &Kubectl) -> Result<f64> {
    let of_deployments = |labels: &str| {
        label(labels, "resource") == Some("deployments")
            && label(labels, "subresource") == Some("scale")
            && label(labels, "verb") == Some("GET")
    };
    Ok(exposition::sum(
        &kubectl.raw("/metrics")?,
        "apiserver_request_total",
        of_deployments,
    )?)
}

/// Requests of its API that Prometheus has answered so far: queries, series lists and whatever else an
/// adapter may ask. Nobody but the adapter asks in this cluster.
pub fn prometheus_requests(kubectl: &Kubectl) -> Result<f64> {
    let of_the_api =
        |labels: &str| label(labels, "handler").is_some_and(|h| h.starts_with("/api/v1/"));
    Ok(exposition::sum(
        &kubectl.raw(PROMETHEUS)?,
        "prometheus_http_requests_total",
        of_the_api,
    )?)
}
