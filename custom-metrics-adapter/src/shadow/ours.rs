//! Our own answers, from the engine that serves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use custom_metrics_core::hpa::Metric;
use custom_metrics_core::hpa::compare::Reading;
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::Request;
use custom_metrics_core::registry::Discovered;
use custom_metrics_core::resources::{Resource, ResourceMap};
use custom_metrics_core::selector::Selector;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use crate::check::PATIENCE;
use crate::check::cluster::ScaledPod;
use crate::engine::OnDemand;
use crate::metrics::Metrics;
use crate::ports::{Backend, Engine as _, ListFailure, Object, Objects, Unavailable};
use crate::rules;
use crate::store::Store;

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
        let store = Arc::new(Store::new(rules.rules, kinds, 0)?);
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
        let asked = stream::iter(&self.store.rules).map(|rule| async move {
            let with_labels = rule.literal_series().is_none() || rule.labels().has_template();
            let series = self
                .backend
                .series(rule.series_query(), LOOKBACK, with_labels)
                .await;
            series.map_err(|error| error.to_string())
        });
        let discovered: Vec<Discovered> = asked.buffered(CONCURRENT_RULES).collect().await;
        self.store.publish(&discovered)?;
        Ok(())
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
        let mut known: BTreeMap<Namespace, BTreeMap<String, ScaledPod>> = BTreeMap::new();
        for (namespace, pods) in pods {
            let known = known.entry(namespace.clone()).or_default();
            known.extend(pods.iter().map(|pod| (pod.pod.name.clone(), pod.clone())));
        }
        *self.pods.0.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// # Errors
    /// The words that a client would read.
    pub(super) async fn read(&self, metric: &Metric, request: &Request) -> Result<Reading, String> {
        match request {
            Request::CustomMetric(request) => {
                let answer = self.engine.answer(request).await;
                let answer = answer.map_err(|reason| reason.message())?;
                let values = answer
                    .values
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.milli()));
                Ok(match metric.kind() {
                    "Pods" => Reading::Pods(values.collect()),
                    _ => Reading::Rows(values.map(|(_, value)| value).collect()),
                })
            }
            _ => Err("not read yet".to_owned()),
        }
    }
}

/// The pods behind the autoscalers, as last listed.
#[derive(Debug, Default)]
struct Pods(RwLock<BTreeMap<Namespace, BTreeMap<String, ScaledPod>>>);

impl Pods {
    fn matching(&self, namespace: &Namespace, selector: &Selector) -> Vec<Object> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let pods = known.get(namespace).into_iter().flat_map(BTreeMap::values);
        pods.filter(|pod| selector.matches(&pod.labels))
            .filter_map(|pod| {
                Some(Object {
                    name: ObjectName::new(pod.pod.name.clone()).ok()?,
                    uid: pod.uid.clone().into_boxed_str(),
                })
            })
            .collect()
    }
}

impl Objects for Pods {
    fn list<'a>(
        &'a self,
        resource: &'a Resource,
        namespace: Option<&'a Namespace>,
        selector: &'a Selector,
    ) -> BoxFuture<'a, Result<Vec<Object>, ListFailure>> {
        let listed = match namespace {
            Some(namespace) if resource.plural == "pods" && resource.group.is_empty() => {
                Ok(self.matching(namespace, selector))
            }
            // No autoscaler reads more than one object of another kind.
            _ => Err(ListFailure::Failed(format!(
                "{} are not listed here",
                resource.plural
            ))),
        };
        std::future::ready(listed).boxed()
    }

    fn pods(&self, namespace: &Namespace, selector: &Selector) -> Result<Vec<Object>, Unavailable> {
        Ok(self.matching(namespace, selector))
    }
}
