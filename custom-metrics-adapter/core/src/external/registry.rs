//! Which external metric stands for which series of which rule.

use std::collections::BTreeMap;

use super::namespaces;
use crate::{Reason, ids::MetricName, path::ExternalMetric, registry::Discovered, rule::Rule};

/// What stands behind a requested metric.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// Index into the rules the registry was built from.
    pub rule: usize,
    /// Prometheus series name.
    pub series: String,
}

/// Every external metric on offer. Immutable: a change of rules or series builds a new one.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: BTreeMap<MetricName, Target>,
    problems: Vec<String>,
}

impl Registry {
    /// `discovered[i]` belongs to `rules[i]`.
    ///
    /// A rule that names its series literally offers its metric while it stands, series or not. What was
    /// discovered comes on top. Among equals the last rule and the last series win, as upstream.
    pub fn build<'a>(rules: &[Rule], discovered: impl IntoIterator<Item = &'a Discovered>) -> Self {
        let mut registry = Self::default();
        for (index, rule) in rules.iter().enumerate() {
            if let Some(series) = rule.literal_series() {
                registry.register(index, rule, series);
            }
        }
        for (index, (rule, found)) in rules.iter().zip(discovered).enumerate() {
            match found {
                Ok(found) => found
                    .iter()
                    .for_each(|series| registry.register(index, rule, &series.name)),
                Err(problem) => registry.problems.push(format!(
                    "{}[{}]: discovery failed: {problem}",
                    rule.section(),
                    rule.index()
                )),
            }
        }
        registry
    }

    fn register(&mut self, index: usize, rule: &Rule, series: &str) {
        if !rule.accepts(series) {
            return;
        }
        match rule.metric(series) {
            Ok(metric) => {
                let target = Target {
                    rule: index,
                    series: series.to_owned(),
                };
                self.entries.insert(metric, target);
            }
            Err(problem) => {
                let place = (rule.section(), rule.index());
                self.problems
                    .push(format!("{}[{}]: {problem}", place.0, place.1));
            }
        }
    }

    /// Everything on offer, sorted.
    pub fn listing(&self) -> impl Iterator<Item = &MetricName> {
        self.entries.keys()
    }

    /// What could not be registered, for people.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The rule and series behind a request, or the reason why there is none.
    pub fn find(&self, request: &ExternalMetric) -> Result<&Target, Reason> {
        let target = self.entries.get(&request.metric);
        target.ok_or_else(|| Reason::NoMetric {
            metric: request.metric.clone(),
            resource: namespaces(),
            why: "no external rule offers a metric of this name".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::Namespace, registry::Series, rule::Section, selector::Selector};

    fn rules(yaml: &[&str]) -> Vec<Rule> {
        let rule = |(index, yaml): (usize, &&str)| {
            let raw = serde_saphyr::from_str(yaml).unwrap();
            Rule::new(Section::ExternalRules, index, raw).unwrap()
        };
        yaml.iter().enumerate().map(rule).collect()
    }

    fn found(names: &[&str]) -> Vec<Series> {
        let series = |name: &&str| Series {
            name: (*name).to_owned(),
            labels: vec![],
        };
        names.iter().map(series).collect()
    }

    /// `metric=series@rule`
    fn offered(registry: &Registry) -> Vec<String> {
        let shown = |(metric, target): (&MetricName, &Target)| {
            format!("{metric}={}@{}", target.series, target.rule)
        };
        registry.entries.iter().map(shown).collect()
    }

    const LITERAL: &str = r#"{seriesQuery: 'queue_depth{name!=""}', name: {as: depth}}"#;
    const PATTERN: &str = r#"{seriesQuery: '{__name__=~"queue_.*"}', seriesFilters: [{isNot: _total$}], name: {matches: "^queue_(.*)$"}}"#;

    #[test]
    fn a_literal_series_is_offered_without_any_series() {
        let registry = Registry::build(&rules(&[LITERAL]), &[Err("timed out".to_owned())]);
        assert_eq!(offered(&registry), ["depth=queue_depth@0"]);
        assert_eq!(
            registry.problems(),
            ["externalRules[0]: discovery failed: timed out"]
        );
    }

    #[test]
    fn series_are_filtered_and_named_and_the_last_of_equals_wins() {
        let discovered = [
            Ok(found(&[])),
            Ok(found(&["queue_depth", "queue_age", "queue_hits_total"])),
        ];
        let registry = Registry::build(&rules(&[LITERAL, PATTERN]), &discovered);
        assert_eq!(
            offered(&registry),
            ["age=queue_age@1", "depth=queue_depth@1"]
        );
        let discovered = [
            Ok(found(&["queue_depth"])),
            Ok(found(&["queue_depth", "queue_other"])),
        ];
        let registry = Registry::build(&rules(&[PATTERN, LITERAL]), &discovered);
        assert_eq!(offered(&registry), ["depth=queue_other@1"]);
    }

    #[test]
    fn an_unknown_metric_is_not_found() {
        let request = ExternalMetric {
            namespace: Namespace::new("default").unwrap(),
            metric: MetricName::new("nope").unwrap(),
            selector: Selector::default(),
        };
        let reason = Registry::default().find(&request).unwrap_err();
        let message = "the server could not find the metric nope for namespaces: no external rule offers a metric of this name";
        assert_eq!((reason.code(), reason.message().as_str()), (404, message));
    }
}
