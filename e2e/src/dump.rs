//! What one wants to see when a test has failed.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{Event, Pod};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::api::{ListParams, LogParams};
use kube::{Api, ResourceExt as _};
use tokio::time::timeout;

use crate::cluster::Cluster;
use crate::names::{ADAPTER_NAMESPACE, API_SERVICE, APP_NAMESPACE, HPA, MONITORING_NAMESPACE};

const BOUND: Duration = Duration::from_secs(30);
const EVENTS: usize = 25;
const LOG_LINES: i64 = 40;

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
    for namespace in [APP_NAMESPACE, ADAPTER_NAMESPACE, MONITORING_NAMESPACE] {
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
    part(&mut text, HPA, hpa(cluster).await);
    part(&mut text, API_SERVICE, api_service(cluster).await);
    for namespace in [ADAPTER_NAMESPACE, MONITORING_NAMESPACE] {
        part(
            &mut text,
            &format!("logs of {namespace}"),
            logs(cluster, namespace).await,
        );
    }
    text
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

async fn hpa(cluster: &Cluster) -> Result<String> {
    let api: Api<HorizontalPodAutoscaler> = cluster.namespaced(APP_NAMESPACE);
    let status = api.get(HPA).await?.status.unwrap_or_default();
    let mut text = format!(
        "current {:?}, desired {}, metrics {:?}\n",
        status.current_replicas, status.desired_replicas, status.current_metrics
    );
    for one in status.conditions.into_iter().flatten() {
        text += &condition(&one.type_, &one.status, one.message.as_deref());
    }
    Ok(text)
}

/// A line of a status; Kubernetes has a type of its own for the conditions of every kind.
fn condition(name: &str, status: &str, message: Option<&str>) -> String {
    format!("{name}={status} {}\n", message.unwrap_or_default())
}

async fn api_service(cluster: &Cluster) -> Result<String> {
    let api: Api<APIService> = cluster.all();
    let mut text = String::new();
    let status = api.get(API_SERVICE).await?.status.unwrap_or_default();
    for one in status.conditions.into_iter().flatten() {
        text += &condition(&one.type_, &one.status, one.message.as_deref());
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
