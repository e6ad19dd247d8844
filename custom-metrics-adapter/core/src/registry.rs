//! What is offered, and by which rule.

use crate::{
    Reason,
    ids::{GroupResource, MetricName},
    path::CustomMetric,
    resources::{Resource, ResourceMap},
    rule::Rule,
};

/// One distinct (name, label names) that Prometheus has for a rule's `seriesQuery`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Series {
    pub name: String,
    pub labels: Vec<String>,
}

/// What discovery found for one rule; `Err` is why it found nothing, for people.
pub type Discovered = Result<Vec<Series>, String>;

/// A metric of one resource, as listed by discovery.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Listed {
    pub resource: GroupResource,
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

#[derive(Clone, Debug, Default)]
pub struct Registry {}

impl Registry {
    /// `discovered[i]` belongs to `rules[i]`.
    pub fn build(rules: &[Rule], discovered: &[Discovered], resources: &ResourceMap) -> Self {
        todo!("{rules:?} {discovered:?} {resources:?}")
    }
    /// The rule and series behind a request, or the reason why there is none.
    pub fn find(&self, request: &CustomMetric, resources: &ResourceMap) -> Result<Target, Reason> {
        todo!("{request:?} {resources:?}")
    }
    /// Everything offered, sorted.
    pub fn listing(&self) -> impl Iterator<Item = &Listed> {
        std::iter::empty()
    }
}
