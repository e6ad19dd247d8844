//! What is offered, and by which rule.

use std::collections::{BTreeMap, HashMap};

use crate::{
    Reason,
    ids::{GroupResource, MetricName},
    path::{CustomMetric, NameOrAll, Scope},
    resources::{Resource, ResourceMap},
    rule::Rule,
};

/// One distinct name and set of label names that Prometheus has for a rule's `seriesQuery`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Series {
    pub name: String,
    pub labels: Vec<String>,
}

/// What discovery found for one rule; `Err` says, for people, why it found nothing out.
pub type Discovered = Result<Vec<Series>, String>;

/// A metric of one resource, as discovery lists it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Listed {
    /// Normalised to the plural and the full group.
    pub resource: GroupResource,
    /// Read below a namespace, or at the root.
    pub namespaced: bool,
    pub metric: MetricName,
}

/// What stands behind a requested metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Index into the rules the registry was built from.
    pub rule: usize,
    /// Prometheus series name.
    pub series: String,
    pub resource: Resource,
}

/// Every metric on offer. Immutable: a change of rules or series builds a new one.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: BTreeMap<Listed, Entry>,
    problems: Vec<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    rule: usize,
    series: String,
}

impl Registry {
    /// `discovered[i]` belongs to `rules[i]`.
    ///
    /// Rules that name their series literally register it for each resource of their overrides, series or
    /// not. What was discovered comes on top, so that a metric without series never hides one with series.
    /// Among equals the last rule and the last series win, as upstream. A rule whose discovery failed loses
    /// nothing but what only discovery could tell.
    pub fn build<'a>(
        rules: &[Rule],
        discovered: impl IntoIterator<Item = &'a Discovered>,
        resources: &ResourceMap,
    ) -> Self {
        let mut registry = Self::default();
        for (index, rule) in rules.iter().enumerate() {
            if let Some(series) = rule.literal_series().filter(|series| rule.accepts(series)) {
                let kinds = rule
                    .labels()
                    .overrides()
                    .iter()
                    .filter_map(|(_, name)| resources.resolve(name));
                registry.register(index, rule, series, kinds);
            }
        }
        for (index, (rule, found)) in rules.iter().zip(discovered).enumerate() {
            match found {
                Ok(found) => registry.register_discovered(index, rule, found, resources),
                Err(problem) => {
                    registry.problems.push(format!(
                        "rules[{}]: discovery failed: {problem}",
                        rule.index()
                    ));
                }
            }
        }
        registry
    }

    fn register_discovered(
        &mut self,
        index: usize,
        rule: &Rule,
        found: &[Series],
        resources: &ResourceMap,
    ) {
        // Most labels name no resource; that is worth remembering too.
        let mut known: HashMap<&str, Option<&Resource>> = HashMap::new();
        for series in found.iter().filter(|series| rule.accepts(&series.name)) {
            let kinds: Vec<_> = series
                .labels
                .iter()
                .filter_map(|label| {
                    let resource = known
                        .entry(label)
                        .or_insert_with(|| rule.labels().resource_of(label, resources));
                    *resource
                })
                .collect();
            self.register(index, rule, &series.name, kinds.into_iter());
        }
    }

    fn register<'a>(
        &mut self,
        index: usize,
        rule: &Rule,
        series: &str,
        kinds: impl Iterator<Item = &'a Resource>,
    ) {
        let metric = match rule.metric(series) {
            Ok(metric) => metric,
            Err(problem) => {
                self.problems
                    .push(format!("rules[{}]: {problem}", rule.index()));
                return;
            }
        };
        for kind in kinds {
            let key = Listed {
                resource: kind.group_resource(),
                namespaced: kind.described_in_namespace(),
                metric: metric.clone(),
            };
            self.entries.insert(
                key,
                Entry {
                    rule: index,
                    series: series.to_owned(),
                },
            );
        }
    }

    /// Everything on offer, sorted.
    pub fn listing(&self) -> impl Iterator<Item = &Listed> {
        self.entries.keys()
    }

    /// What could not be registered, for people.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The rule and series behind a request, or the reason why there is none.
    pub fn find(&self, request: &CustomMetric, resources: &ResourceMap) -> Result<Target, Reason> {
        let Some(resource) = resources.resolve(&request.resource) else {
            return Err(unknown_resource(request));
        };
        let key = Listed {
            resource: resource.group_resource(),
            namespaced: matches!(request.scope, Scope::Namespaced(_)),
            metric: request.metric.clone(),
        };
        match self.entries.get(&key) {
            Some(Entry { rule, series }) => Ok(Target {
                rule: *rule,
                series: series.clone(),
                resource: resource.clone(),
            }),
            None => Err(no_metric(request, self.why_missing(&key))),
        }
    }

    /// Where the metric is, if not where it was looked for.
    fn why_missing(&self, wanted: &Listed) -> String {
        let elsewhere: Vec<String> = self
            .listing()
            .filter(|listed| listed.metric == wanted.metric)
            .map(
                |Listed {
                     resource,
                     namespaced,
                     ..
                 }| {
                    format!(
                        "{resource} {}",
                        if *namespaced {
                            "in a namespace"
                        } else {
                            "at the root"
                        }
                    )
                },
            )
            .collect();
        if elsewhere.is_empty() {
            return "no rule offers a metric of this name".to_owned();
        }
        format!("it is offered only for {}", elsewhere.join(", "))
    }
}

fn no_metric(request: &CustomMetric, why: String) -> Reason {
    Reason::NoMetric {
        metric: request.metric.clone(),
        resource: request.resource.clone(),
        why,
    }
}

/// Upstream fails to list objects of an unknown resource before it looks for the metric.
fn unknown_resource(request: &CustomMetric) -> Reason {
    let why = format!("the resource {} is not known", request.resource);
    match request.name {
        NameOrAll::All => Reason::CannotList { why },
        NameOrAll::Name(_) => no_metric(request, why),
    }
}

#[cfg(test)]
mod tests;
