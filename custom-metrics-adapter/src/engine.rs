//! Answers a read: finds the rule, lists the objects, asks Prometheus, and hands all of it to the
//! core, which says what it means.
//!
//! Every read asks its exact query; identical ones under way are asked once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use custom_metrics_core::Reason;
use custom_metrics_core::answer::{self, Answer, BackendFailure, Question};
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::{CustomMetric, NameOrAll, Scope};
use custom_metrics_core::promql::{self, Subject};
use custom_metrics_core::registry::Target;
use custom_metrics_core::sample::Sample;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::flights::Flights;
use crate::metrics::Metrics;
use crate::ports::{Backend, Engine, ListFailure, Objects, QueryFailure};
use crate::store::Store;

/// Namespaces × rules whose failure is remembered as logged; beyond that all is forgotten and
/// logged anew.
const MOST_FAILURES: usize = 10_000;

type Evaluated = Result<Arc<[Sample]>, QueryFailure>;

/// Asks Prometheus for every read.
pub struct OnDemand {
    store: Arc<Store>,
    objects: Arc<dyn Objects>,
    backend: Arc<dyn Backend>,
    /// Longest wait for Prometheus: HPA workers are few and must not be held.
    budget: Duration,
    metrics: Arc<Metrics>,
    flights: Flights<String, Evaluated>,
    /// (rule, namespace) that failed last time, so that a failure is logged once.
    failing: Mutex<HashSet<(usize, String)>>,
}

impl OnDemand {
    pub fn new(
        store: Arc<Store>,
        objects: Arc<dyn Objects>,
        backend: Arc<dyn Backend>,
        budget: Duration,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            store,
            objects,
            backend,
            budget,
            metrics,
            flights: Flights::default(),
            failing: Mutex::default(),
        }
    }

    async fn read(&self, request: &CustomMetric) -> Result<Answer, Reason> {
        let snapshot = self.store.snapshot();
        let resources = &snapshot.resources;
        if resources.resolve(&request.resource).is_none() {
            self.store.unknown_resource.notify_one();
        }
        let target = snapshot.registry.find(request, resources)?;
        let names = self.names(request, &target).await?;
        let rule = &self.store.rules[target.rule];
        let subject = Subject {
            series: &target.series,
            resource: &target.resource,
            namespace: request.namespace(),
            names: &names,
            metric_selector: &request.metric_label_selector,
        };
        let query = promql::query(rule, &subject, resources).map_err(|error| {
            Reason::NoMetric {
                metric: request.metric.clone(),
                resource: request.resource.clone(),
                why: error.to_string(),
            }
        })?;
        let evaluated = self.evaluate(query.text).await;
        self.note(target.rule, request.namespace(), &evaluated);
        let question = Question {
            metric: &request.metric,
            asked_as: &request.resource,
            resource: &target.resource,
            namespace: request.namespace(),
            objects: match &request.name {
                NameOrAll::Name(name) => answer::Objects::Named(name),
                NameOrAll::All => answer::Objects::Matching(&names),
            },
            metric_selector: &request.metric_label_selector,
            object_label: &query.object_label,
        };
        match evaluated {
            Ok(samples) => answer::answer(&question, Ok(&samples), Timestamp::now()),
            Err(QueryFailure::Timeout(why)) => Err(Reason::Timeout { why }),
            Err(QueryFailure::Failed(why)) => {
                answer::answer(&question, Err(&BackendFailure(why)), Timestamp::now())
            }
        }
    }

    /// The objects the query is about.
    async fn names(
        &self,
        request: &CustomMetric,
        target: &Target,
    ) -> Result<Vec<ObjectName>, Reason> {
        if let NameOrAll::Name(name) = &request.name {
            return Ok(vec![name.clone()]);
        }
        let namespace = match &request.scope {
            Scope::Namespaced(namespace) => Some(namespace),
            Scope::Root | Scope::NamespaceMetric(_) => None,
        };
        let objects = self
            .objects
            .list(&target.resource, namespace, &request.label_selector)
            .await
            .map_err(|failure| match failure {
                ListFailure::NotReady(why) => Reason::ObjectsNotReady { why },
                ListFailure::Failed(why) => Reason::CannotList { why },
            })?;
        Ok(objects.into_iter().map(|object| object.name).collect())
    }

    async fn evaluate(&self, query: String) -> Evaluated {
        let (backend, budget) = (Arc::clone(&self.backend), self.budget);
        let text = query.clone();
        self.flights
            .join(query, move || async move {
                let samples = backend.instant(&text, budget).await?;
                Ok(samples.into())
            })
            .await
    }

    /// Counts a success, and logs a failure when it is new.
    fn note(&self, rule: usize, namespace: Option<&Namespace>, evaluated: &Evaluated) {
        let namespace = namespace.map_or("", Namespace::as_str);
        let key = (rule, namespace.to_owned());
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match evaluated {
            Ok(_) => {
                if failing.remove(&key) {
                    tracing::info!(
                        rule,
                        namespace,
                        "rule {rule} answers again in `{namespace}`"
                    );
                }
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                self.metrics
                    .rule_last_success
                    .with_label_values(&[&rule.to_string()])
                    .set(now.unwrap_or_default().as_secs_f64());
            }
            Err(error) => {
                if failing.len() >= MOST_FAILURES {
                    failing.clear();
                }
                if failing.insert(key) {
                    tracing::warn!(
                        rule,
                        namespace,
                        "query rule {rule} in `{namespace}`: {error}"
                    );
                }
            }
        }
    }
}

impl Engine for OnDemand {
    fn answer<'a>(&'a self, request: &'a CustomMetric) -> BoxFuture<'a, Result<Answer, Reason>> {
        self.read(request).boxed()
    }
}

impl std::fmt::Debug for OnDemand {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("OnDemand")
            .field("store", &self.store)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
