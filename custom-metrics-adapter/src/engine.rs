//! Answers a read: finds the rule, lists the objects, asks Prometheus, and hands all of it to the
//! core, which says what it means.
//!
//! Every read asks its exact query; identical ones under way are asked once.

mod custom;
mod external;
mod failures;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use custom_metrics_core::Reason;
use custom_metrics_core::answer::{Answer, BackendFailure};
use custom_metrics_core::external::Answer as ExternalAnswer;
use custom_metrics_core::path::{CustomMetric, ExternalMetric, Options, ResourceMetric};
use custom_metrics_core::sample::Evaluation;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::engine::failures::Failures;
use crate::flights::Flights;
use crate::metrics::Metrics;
use crate::ports::{Backend, Engine, ListFailure, Objects, QueryFailure, Usage};
use crate::store::Store;

type Evaluated = Result<Arc<Evaluation>, QueryFailure>;

/// Asks Prometheus for every read.
pub struct OnDemand {
    store: Arc<Store>,
    objects: Arc<dyn Objects>,
    backend: Arc<dyn Backend>,
    /// Longest wait for an answer: HPA workers are few and must not be held.
    budget: Duration,
    flights: Flights<String, Evaluated>,
    failures: Failures,
}

/// When a reader stops waiting.
#[derive(Clone, Copy, Debug)]
struct Patience {
    from: Instant,
    budget: Duration,
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
            flights: Flights::default(),
            failures: Failures::new(metrics),
        }
    }

    /// Ours, or the client's where that is shorter.
    fn patience(&self, options: &Options) -> Patience {
        let theirs = options.timeout.unwrap_or(self.budget);
        Patience {
            from: Instant::now(),
            budget: self.budget.min(theirs),
        }
    }

    async fn evaluate(&self, query: String, patience: Patience) -> Evaluated {
        let (backend, budget) = (Arc::clone(&self.backend), self.budget);
        let text = query.clone();
        let flight = self.flights.join(query, move || async move {
            let evaluation = backend.evaluate(&text, budget).await?;
            Ok(Arc::new(evaluation))
        });
        // Somebody more patient may have started the flight, and goes on waiting for it.
        match patience.bound(flight).await {
            Ok(evaluated) => evaluated,
            Err(why) => Err(QueryFailure::Timeout(format!("Prometheus gave {why}"))),
        }
    }
}

impl Patience {
    /// # Errors
    /// In words, when it is over before the work is done.
    async fn bound<T>(self, work: impl Future<Output = T>) -> Result<T, String> {
        let result = tokio::time::timeout_at(self.from + self.budget, work).await;
        result.map_err(|_| {
            let budget = humantime::format_duration(self.budget);
            format!("no answer within {budget}")
        })
    }

    /// A list of objects in time, or the reason why there is none.
    async fn list<T>(
        self,
        work: impl Future<Output = Result<T, ListFailure>>,
    ) -> Result<T, Reason> {
        match self.bound(work).await {
            Err(why) => Err(Reason::Timeout {
                why: format!("kube-apiserver gave {why}"),
            }),
            Ok(Err(ListFailure::NotReady(why))) => Err(Reason::ObjectsNotReady { why }),
            Ok(Err(ListFailure::Failed(why))) => Err(Reason::CannotList { why }),
            Ok(Ok(list)) => Ok(list),
        }
    }
}

/// A late answer has a reason of its own; other failures are the core's to word.
fn late(evaluated: Evaluated) -> Result<Result<Arc<Evaluation>, BackendFailure>, Reason> {
    match evaluated {
        Ok(evaluation) => Ok(Ok(evaluation)),
        Err(QueryFailure::Failed(why)) => Ok(Err(BackendFailure(why))),
        Err(QueryFailure::Timeout(why)) => Err(Reason::Timeout { why }),
    }
}

impl Engine for OnDemand {
    fn custom<'a>(
        &'a self,
        request: &'a CustomMetric,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<Answer, Reason>> {
        self.read_custom(request, self.patience(options)).boxed()
    }

    fn external<'a>(
        &'a self,
        request: &'a ExternalMetric,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<ExternalAnswer, Reason>> {
        self.read_external(request, self.patience(options)).boxed()
    }

    fn usage<'a>(
        &'a self,
        request: &'a ResourceMetric,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<Usage, Reason>> {
        let patience = self.patience(options);
        self.read_usage(request, &options.fields, patience).boxed()
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

#[cfg(test)]
mod tests;
