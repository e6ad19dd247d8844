//! What one wants to see when a test has failed.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{Event, Namespace, Pod};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::api::{ListParams, LogParams};
use kube::{Api, ResourceExt};
use tokio::time::timeout;

use crate::cluster::Cluster;
use crate::names::APP_NAMESPACE;
use crate::namespace::LABEL;

const BOUND: Duration = Duration::from_secs(30);
const EVENTS: usize = 25;
const LOG_LINES: i64 = 40;
const APPLICATIONS: [&str; 2] = [APP_NAMESPACE, "e2e-shop"];

/// Writes pods, events, logs, HPA and APIService to standard error. What cannot be read is said in its place.
#[expect(
    clippy::print_stderr,
    reason = "it is what a failed test leaves behind"
)]
pub async fn state(cluster: &Cluster) {
    let text = timeout(BOUND, collect(cluster)).await;
    eprintln!(
        "{}",
        text.unwrap_or_else(|_| format!("the cluster did not show its state within {BOUND:?}"))
    );
}

async fn collect(cluster: &Cluster) -> String {
    let mut text = String::from("----- state of the cluster -----\n");
    let places = places(cluster).await.unwrap_or_default();
    for namespace in &places {
        part(
            &mut text,
            &format!("pods of {namespace}"),
            pods(cluster, namespace).await,
        );
        part(
            &mut text,
            &format!("events of {namespace}"),
            events(cluster, namespace).await,
        );
    }
    part(&mut text, "HPAs", hpas(cluster).await);
    part(&mut text, "metrics APIs", api_services(cluster).await);
    // Those of applications tell of requests, not of metrics.
    let with_logs = places
        .iter()
        .filter(|place| !APPLICATIONS.contains(&place.as_str()));
    for namespace in with_logs {
        part(
            &mut text,
            &format!("logs of {namespace}"),
            logs(cluster, namespace).await,
        );
    }
    text
}

/// The namespaces of the stack and of the tests.
async fn places(cluster: &Cluster) -> Result<Vec<String>> {
    let namespaces: Api<Namespace> = cluster.all();
    let ours = format!("{} in (custom-metrics-stack,{})", LABEL.0, LABEL.1);
    let found = namespaces
        .list(&ListParams::default().labels(&ours))
        .await?;
    let found = found.iter().map(ResourceExt::name_any);
    Ok([APP_NAMESPACE.to_owned()]
        .into_iter()
        .chain(found)
        .collect())
}

fn part(text: &mut String, title: &str, content: Result<String>) {
    let content = content.unwrap_or_else(|failure| format!("(cannot be read: {failure:#})\n"));
    text.push_str("--- ");
    text.push_str(title);
    text.push('\n');
    text.push_str(&content);
}

async fn pods(cluster: &Cluster, namespace: &str) -> Result<String> {
    let api: Api<Pod> = cluster.namespaced(namespace);
    let mut text = String::new();
    for pod in api.list(&ListParams::default()).await? {
        let ending = if pod.metadata.deletion_timestamp.is_some() {
            " (ending)"
        } else {
            ""
        };
        let status = pod.status.clone().unwrap_or_default();
        writeln!(
            text,
            "{} {}{ending}",
            pod.name_any(),
            status.phase.unwrap_or_default()
        )?;
        for container in status.container_statuses.into_iter().flatten() {
            let state = container.state.unwrap_or_default();
            let why = state.waiting.and_then(|is| is.reason.or(is.message));
            let why = why.or_else(|| {
                state
                    .terminated
                    .map(|is| format!("exit {}: {}", is.exit_code, is.message.unwrap_or_default()))
            });
            writeln!(
                text,
                "  {} ready={} restarts={} {}",
                container.name,
                container.ready,
                container.restart_count,
                why.unwrap_or_default()
            )?;
        }
    }
    Ok(text)
}

async fn events(cluster: &Cluster, namespace: &str) -> Result<String> {
    let api: Api<Event> = cluster.namespaced(namespace);
    let mut events = api.list(&ListParams::default()).await?.items;
    events.sort_by_key(|event| event.last_timestamp.clone().map(|time| time.0));
    let mut text = String::new();
    for event in events.iter().rev().take(EVENTS).rev() {
        let time = event
            .last_timestamp
            .as_ref()
            .map(|time| time.0.to_string())
            .unwrap_or_default();
        let object = event.involved_object.name.as_deref().unwrap_or_default();
        let reason = event.reason.as_deref().unwrap_or_default();
        let message = event.message.as_deref().unwrap_or_default();
        writeln!(
            text,
            "{time} {object} {reason} x{}: {message}",
            event.count.unwrap_or(1)
        )?;
    }
    Ok(text)
}

async fn hpas(cluster: &Cluster) -> Result<String> {
    let api: Api<HorizontalPodAutoscaler> = cluster.all();
    let mut text = String::new();
    for hpa in api.list(&ListParams::default()).await? {
        let name = hpa.name_any();
        let status = hpa.status.unwrap_or_default();
        let metrics = serde_json::to_string(&status.current_metrics)?;
        writeln!(
            text,
            "{name}: current {:?}, desired {}, metrics {metrics}",
            status.current_replicas, status.desired_replicas
        )?;
        for one in status.conditions.into_iter().flatten() {
            text += &condition(&one.type_, &one.status, one.message.as_deref());
        }
    }
    Ok(text)
}

/// A line of a status; Kubernetes has a type of its own for the conditions of every kind.
fn condition(name: &str, status: &str, message: Option<&str>) -> String {
    format!("{name}={status} {}\n", message.unwrap_or_default())
}

async fn api_services(cluster: &Cluster) -> Result<String> {
    let api: Api<APIService> = cluster.all();
    let mut text = String::new();
    let registered = api.list(&ListParams::default()).await?;
    for service in registered {
        let name = service.name_any();
        if !name.ends_with("metrics.k8s.io") {
            continue;
        }
        writeln!(text, "{name}")?;
        let status = service.status.unwrap_or_default();
        for one in status.conditions.into_iter().flatten() {
            text += &condition(&one.type_, &one.status, one.message.as_deref());
        }
    }
    Ok(text)
}

async fn logs(cluster: &Cluster, namespace: &str) -> Result<String> {
    let api: Api<Pod> = cluster.namespaced(namespace);
    let last = LogParams {
        tail_lines: Some(LOG_LINES),
        ..LogParams::default()
    };
    let mut text = String::new();
    for pod in api.list(&ListParams::default()).await? {
        let name = pod.name_any();
        match api.logs(&name, &last).await {
            Ok(log) => writeln!(text, "[{name}]\n{log}")?,
            Err(failure) => writeln!(text, "[{name}] (cannot be read: {failure})")?,
        }
    }
    Ok(text)
}
