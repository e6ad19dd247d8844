//! Overrides of rules that name a resource the cluster does not have.
//!
//! prometheus-adapter does not start with one. Here the rule's other resources go on, and the
//! override works as soon as its kind is installed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::{Rule, RuleError, RuleSet};

use crate::metrics::Metrics;

/// Watches over the overrides of one rules file.
#[derive(Debug)]
pub struct Overrides {
    rules: RuleSet,
    metrics: Arc<Metrics>,
    /// Place of an override → what is wrong with it.
    unresolved: Mutex<BTreeMap<String, String>>,
}

impl Overrides {
    pub fn new(rules: RuleSet, metrics: Arc<Metrics>) -> Self {
        Self {
            rules,
            metrics,
            unresolved: Mutex::default(),
        }
    }

    /// Logs what has changed since the last check, and shows the state in the metrics.
    pub fn check(&self, known: &ResourceMap) {
        let now = self.unresolved(known);
        let mut before = self
            .unresolved
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let gauge = &self.metrics.unresolved_overrides;
        for (place, problem) in &now {
            if !before.contains_key(place) {
                tracing::warn!("{problem}; the rest of the rule is served");
                gauge.with_label_values(&[place]).set(1);
            }
        }
        for place in before.keys().filter(|place| !now.contains_key(*place)) {
            tracing::info!("{place} names a resource of the cluster now");
            // It is gone already when two checks overlap, which is what was wanted.
            let _ = gauge.remove_label_values(&[place]);
        }
        *before = now;
    }

    fn unresolved(&self, known: &ResourceMap) -> BTreeMap<String, String> {
        let RuleSet {
            rules,
            external_rules,
            resource_rules,
        } = &self.rules;
        let of_rule = |rule: &Rule| rule.check_resources(known).err();
        let usage = resource_rules
            .iter()
            .filter_map(|rules| rules.check_resources(known).err());
        let errors = rules
            .iter()
            .chain(external_rules)
            .filter_map(of_rule)
            .chain(usage);
        errors
            .map(|error: RuleError| {
                (
                    format!("{}.{}", error.place, error.field),
                    error.to_string(),
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use custom_metrics_core::resources::Resource;

    #[test]
    fn an_override_without_its_kind_is_shown_until_the_kind_comes() {
        let rules = crate::rules::parse(
            "
            rules: [{resources: {overrides: {pod: {resource: pod}}}}]
            externalRules: [{resources: {overrides: {topic: {group: kafka.example, resource: topic}}}}]
            resourceRules: {memory: {resources: {overrides: {instance: {resource: nodez}}}}}
            ",
        )
        .unwrap();
        let metrics = Arc::new(Metrics::new());
        let overrides = Overrides::new(rules, Arc::clone(&metrics));
        let shown = || {
            let text = metrics.exposition().unwrap();
            let lines = text
                .lines()
                .filter(|line| line.contains("unresolved_overrides{"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        overrides.check(&ResourceMap::builtin());
        let nodes = r#"custom_metrics_adapter_unresolved_overrides{override="resourceRules.memory.resources.overrides.instance"} 1"#;
        assert_eq!(
            shown(),
            [
                r#"custom_metrics_adapter_unresolved_overrides{override="externalRules[0].resources.overrides.topic"} 1"#,
                nodes,
            ]
        );
        let topic = Resource {
            group: "kafka.example".to_owned(),
            version: "v1".to_owned(),
            plural: "topics".to_owned(),
            singular: "topic".to_owned(),
            kind: "Topic".to_owned(),
            namespaced: true,
        };
        overrides.check(&ResourceMap::new(
            ResourceMap::builtin().iter().cloned().chain([topic]),
        ));
        assert_eq!(shown(), [nodes]);
    }
}
