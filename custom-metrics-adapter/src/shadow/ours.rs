//! Our own answers, from the engine that serves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use custom_metrics_core::answer::Answer;
use custom_metrics_core::hpa::compare::Reading;
use custom_metrics_core::hpa::{Metric, Source};
use custom_metrics_core::ids::Namespace;
use custom_metrics_core::path::{Options, Request};
use custom_metrics_core::registry::Discovered;
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::Rule;
use custom_metrics_core::usage::{ContainerUsage, PodUsage};
use futures_util::{StreamExt as _, stream};

use super::pods::Pods;
use crate::check::PATIENCE;
use crate::check::scaled::ScaledPod;
use crate::engine::OnDemand;
use crate::metrics::Metrics;
use crate::ports::{Backend, Engine as _, Usage};
use crate::rules;
use crate::store::{Found, Store};

/// The adapter's own default: series that ended within it count as there.
const LOOKBACK: Duration = Duration::from_mins(10);
/// Enough to hide round trips, few enough not to be a burst on Prometheus.
const CONCURRENT_RULES: usize = 4;

/// The engine and what it is told about the cluster.
pub(super) struct Ours {
    store: Arc<Store>,
    engine: OnDemand,
    backend: Arc<dyn Backend>,
    pods: Arc<Pods>,
    serves_usage: bool,
}

impl Ours {
    /// # Errors
    /// When the rules cannot be used.
    pub(super) fn new(
        config: &Path,
        kinds: ResourceMap,
        backend: Arc<dyn Backend>,
    ) -> anyhow::Result<Self> {
        let rules = rules::load(config)?;
        let serves_usage = rules.resource_rules.is_some();
        let store = Arc::new(Store::new(rules, kinds, 0)?);
        let pods = Arc::new(Pods::default());
        let engine = OnDemand::new(
            Arc::clone(&store),
            Arc::clone(&pods) as _,
            Arc::clone(&backend),
            // From a workstation the way is long; the time of an answer is not compared.
            PATIENCE,
            Arc::new(Metrics::new()),
        );
        Ok(Self {
            store,
            engine,
            backend,
            pods,
            serves_usage,
        })
    }

    /// Asks again which series there are.
    ///
    /// # Errors
    /// When a discovery document cannot be written, which no input should cause.
    pub(super) async fn relist(&self) -> anyhow::Result<()> {
        let rules = &self.store.rules;
        self.store.publish(Found {
            custom: self.discover(&rules.rules).await,
            external: self.discover(&rules.external_rules).await,
        })?;
        Ok(())
    }

    async fn discover(&self, rules: &[Rule]) -> Vec<Arc<Discovered>> {
        let asked = stream::iter(rules).map(|rule| async move {
            let with_labels = rule.literal_series().is_none() || rule.labels().has_template();
            let series = self
                .backend
                .series(rule.series_query(), LOOKBACK, with_labels);
            Arc::new(series.await.map_err(|error| error.to_string()))
        });
        asked.buffered(CONCURRENT_RULES).collect().await
    }

    /// Whether this configuration answers such a request at all.
    pub(super) fn serves(&self, request: &Request) -> bool {
        match request {
            Request::ResourceMetric(_) => self.serves_usage,
            _ => true,
        }
    }

    /// From here on these are the pods there are.
    pub(super) fn know_pods<'a>(
        &self,
        pods: impl Iterator<Item = (&'a Namespace, &'a [ScaledPod])>,
    ) {
        self.pods.know(pods);
    }

    /// # Errors
    /// The words that a client would read.
    pub(super) async fn read(&self, metric: &Metric, request: &Request) -> Result<Reading, String> {
        let (engine, options) = (&self.engine, Options::default());
        let reading = match request {
            Request::CustomMetric(request) => {
                let answer = engine.custom(request, &options).await;
                answer.map(|answer| of_objects(metric, &answer))
            }
            Request::ExternalMetric(request) => {
                let answer = engine.external(request, &options).await;
                answer.map(|answer| {
                    let rows = answer.values.iter().map(|row| row.value.milli());
                    Reading::Rows(rows.collect())
                })
            }
            Request::ResourceMetric(request) => {
                let usage = engine.usage(request, &options).await;
                usage.map(|usage| of_usage(metric, &usage))
            }
            Request::Apis | Request::Group(_) | Request::ResourceList(_) => {
                return Err("this is no metric".to_owned());
            }
        };
        reading.map_err(|reason| reason.message())
    }
}

fn of_objects(metric: &Metric, answer: &Answer) -> Reading {
    let values = answer.values.iter();
    match metric.source {
        Source::Pods { .. } => Reading::Pods(
            values
                .map(|(name, value)| (name.to_string(), value.milli()))
                .collect(),
        ),
        _ => Reading::Rows(values.map(|(_, value)| value.milli()).collect()),
    }
}

/// Of all containers or of one; a pod without that one is left out, as its controller leaves it out.
fn of_usage(metric: &Metric, usage: &Usage) -> Reading {
    let (
        Source::Resource {
            resource,
            container,
        },
        Usage::Pods(pods),
    ) = (&metric.source, usage)
    else {
        return Reading::Rows(vec![]);
    };
    let milli = |used: &ContainerUsage| match resource.as_str() {
        "memory" => used.memory.milli(),
        _ => used.cpu.milli(),
    };
    let of_pod = |pod: &PodUsage| {
        let wanted =
            |used: &&ContainerUsage| container.as_ref().is_none_or(|name| *name == used.name);
        let mut used = pod.containers.iter().filter(wanted).map(milli).peekable();
        used.peek()?;
        Some((pod.name.to_string(), used.sum()))
    };
    Reading::Pods(pods.iter().filter_map(of_pod).collect())
}
