//! Which rules fail where: a failure is logged when it begins and when it ends.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use custom_metrics_core::rule::{Place, Rule};

use crate::engine::Evaluated;
use crate::metrics::Metrics;

/// Namespaces × rules that are remembered as logged; beyond that all is forgotten and logged anew.
const MOST_FAILURES: usize = 10_000;

/// `rules[0]`, `externalRules[3]`
pub(super) fn place(rule: &Rule) -> String {
    Place::Rule(rule.section(), rule.index()).to_string()
}

/// What failed last time, as (rule, namespace).
pub(super) struct Failures {
    failing: Mutex<HashSet<(String, String)>>,
    metrics: Arc<Metrics>,
}

impl Failures {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            failing: Mutex::default(),
            metrics,
        }
    }

    /// Counts a success, and logs a failure when it is new. The namespace is empty at the root.
    pub(super) fn note(&self, rule: &str, namespace: &str, evaluated: &Evaluated) {
        let key = (rule.to_owned(), namespace.to_owned());
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match evaluated {
            Ok(_) => {
                if failing.remove(&key) {
                    tracing::info!(rule, namespace, "{rule} answers again in `{namespace}`");
                }
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                self.metrics
                    .rule_last_success
                    .with_label_values(&[rule])
                    .set(now.unwrap_or_default().as_secs_f64());
            }
            Err(error) => {
                if failing.len() >= MOST_FAILURES {
                    failing.clear();
                }
                if failing.insert(key) {
                    tracing::warn!(rule, namespace, "query {rule} in `{namespace}`: {error}");
                }
            }
        }
    }
}
