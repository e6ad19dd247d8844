//! Reads of external metrics.

use custom_metrics_core::Reason;
use custom_metrics_core::external::{self, Answer};
use custom_metrics_core::path::ExternalMetric;
use custom_metrics_core::promql;

use crate::engine::failures::place;
use crate::engine::{OnDemand, Patience, late};

impl OnDemand {
    pub(super) async fn read_external(
        &self,
        request: &ExternalMetric,
        patience: Patience,
    ) -> Result<Answer, Reason> {
        let ExternalMetric {
            namespace,
            metric,
            selector,
        } = request;
        let snapshot = self.store.snapshot();
        let target = snapshot.external.find(request)?;
        let rule = &self.store.rules.external_rules[target.rule];
        let resources = &snapshot.resources;
        let query = promql::external_query(rule, &target.series, namespace, selector, resources)
            .map_err(|error| Reason::Backend {
                why: error.to_string(),
            })?;
        let evaluated = self.evaluate(query, patience).await;
        self.failures
            .note(&place(rule), namespace.as_str(), &evaluated);
        let evaluation = late(evaluated)?;
        external::answer(metric, evaluation.as_deref())
    }
}
