//! Autoscalers beside the rules: which would find their metric, and which not, and why.

use custom_metrics_core::hpa::{Hpa, HpaError};
use custom_metrics_core::lint::{Code, Finding};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::selector::Selector;

use super::cluster::Cluster;
use super::probe::{Probe, Seen};
use super::reader::Reader;
use super::report::HpaView;
use super::scaled::Scaled;

/// An autoscaler and, where a cluster was asked, what it scales.
#[derive(Debug)]
pub(super) struct Autoscaler {
    pub(super) hpa: Hpa,
    pub(super) scaled: Option<Scaled>,
}

/// The autoscalers of a cluster.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) autoscalers: Vec<Autoscaler>,
    pub(super) findings: Vec<Finding>,
    pub(super) problems: Vec<String>,
}

/// # Errors
/// When they cannot be listed; the words name the right that is missing.
pub(super) async fn of_cluster(cluster: &Cluster, kinds: &ResourceMap) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let listed = cluster.autoscalers(None, &Selector::default()).await;
    for hpa in listed.map_err(|error| anyhow::anyhow!("list HorizontalPodAutoscalers: {error}"))? {
        let hpa = match hpa {
            Ok(hpa) => hpa,
            Err(error) => {
                found.findings.push(unusable(&error));
                continue;
            }
        };
        let scaled = match cluster.scaled(&hpa, kinds).await {
            Ok(scaled) => Some(scaled),
            Err(error) => {
                let (namespace, name) = (&hpa.namespace, &hpa.name);
                let problem = format!("what {namespace}/{name} scales: {error}");
                found.problems.push(problem);
                None
            }
        };
        found.autoscalers.push(Autoscaler { hpa, scaled });
    }
    Ok(found)
}

pub(super) fn unusable(error: &HpaError) -> Finding {
    let place = format!("HorizontalPodAutoscaler {}/{}", error.namespace, error.name);
    let fix = "see `kubectl explain hpa.spec --api-version autoscaling/v2`";
    Finding::new(Code::BadManifest, place, &error.field, &error.problem, fix)
}

pub(super) async fn check(
    autoscalers: &[Autoscaler],
    probe: &Probe<'_>,
    seen: &Seen,
) -> (Vec<HpaView>, Vec<Finding>) {
    let mut views = vec![];
    let mut findings = vec![];
    for Autoscaler { hpa, scaled } in autoscalers {
        let mut metrics = vec![];
        for (index, metric) in hpa.metrics.iter().enumerate() {
            let reader = Reader {
                hpa,
                scaled: scaled.as_ref(),
                probe,
                seen,
            };
            let (view, blame) = reader.metric(metric).await;
            findings.extend(blame.map(|(code, fix)| {
                let place = format!("HorizontalPodAutoscaler {}/{}", hpa.namespace, hpa.name);
                let what = format!("{} {}: {}", metric.kind(), metric.name(), view.detail);
                Finding::new(code, place, &format!("spec.metrics[{index}]"), what, fix)
            }));
            metrics.push(view);
        }
        views.push(HpaView {
            namespace: hpa.namespace.to_string(),
            name: hpa.name.to_string(),
            metrics,
        });
    }
    (views, findings)
}
