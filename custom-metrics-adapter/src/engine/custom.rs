//! Reads of custom metrics.

use std::borrow::Cow;

use custom_metrics_core::Reason;
use custom_metrics_core::answer::{self, Answer, BackendFailure, Question};
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::{CustomMetric, NameOrAll};
use custom_metrics_core::promql::{self, Subject};
use custom_metrics_core::registry::Target;
use jiff::Timestamp;

use crate::engine::failures::place;
use crate::engine::{OnDemand, Patience, late};

impl OnDemand {
    pub(super) async fn read_custom(
        &self,
        request: &CustomMetric,
        patience: Patience,
    ) -> Result<Answer, Reason> {
        let snapshot = self.store.snapshot();
        let resources = &snapshot.resources;
        if resources.resolve(&request.resource).is_none() {
            self.store.unknown_resource.notify_one();
        }
        let target = snapshot.registry.find(request, resources)?;
        let names = self.names(request, &target, patience).await?;
        let rule = &self.store.rules.rules[target.rule];
        let subject = Subject {
            series: &target.series,
            resource: &target.resource,
            namespace: request.namespace(),
            names: &names,
            metric_selector: &request.metric_label_selector,
        };
        let query = promql::query(rule, &subject, resources).map_err(|error| Reason::NoMetric {
            metric: request.metric.clone(),
            resource: request.resource.clone(),
            why: error.to_string(),
        })?;
        let evaluated = self.evaluate(query.text, patience).await;
        // The values are those of now, whenever the samples behind them were taken.
        let now = Timestamp::now();
        let namespace = request.namespace().map_or("", Namespace::as_str);
        self.failures.note(&place(rule), namespace, &evaluated);
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
        let evaluation = late(evaluated)?;
        let vector = match &evaluation {
            Ok(evaluation) => evaluation
                .vector()
                .map_err(|error| BackendFailure(error.to_string())),
            Err(failure) => Err(failure.clone()),
        };
        answer::answer(&question, vector.as_deref(), now)
    }

    /// The objects the query is about.
    async fn names<'a>(
        &self,
        request: &'a CustomMetric,
        target: &Target,
        patience: Patience,
    ) -> Result<Cow<'a, [ObjectName]>, Reason> {
        if let NameOrAll::Name(name) = &request.name {
            return Ok(Cow::Borrowed(std::slice::from_ref(name)));
        }
        let (resource, namespace) = (&target.resource, request.namespace());
        let list = self
            .objects
            .list(resource, namespace, &request.label_selector);
        let objects = patience.list(list).await?;
        Ok(objects.into_iter().map(|object| object.name).collect())
    }
}
