//! From a rule and a question to query text.

use crate::{
    ids::{Namespace, ObjectName},
    resources::{Resource, ResourceMap},
    rule::Rule,
    selector::Selector,
};

/// What the query is to be about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Prometheus series behind the metric.
    pub series: &'a str,
    pub resource: &'a Resource,
    pub namespace: Option<&'a Namespace>,
    /// At least one.
    pub names: &'a [ObjectName],
    pub metric_selector: &'a Selector,
}

/// A query and how to read its result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Query {
    pub text: String,
    /// The label of the result that holds the object's name.
    pub object_label: String,
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QueryError {
    #[error("no objects matched")]
    NoNames,
}

pub fn query(
    rule: &Rule,
    subject: &Subject<'_>,
    resources: &ResourceMap,
) -> Result<Query, QueryError> {
    todo!("{rule:?} {subject:?} {resources:?}")
}
