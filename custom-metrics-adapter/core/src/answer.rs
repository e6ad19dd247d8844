//! Samples and objects → values, or the reason why there are none.

use jiff::Timestamp;

use crate::{
    Reason,
    ids::{GroupResource, MetricName, Namespace, ObjectName},
    quantity::Quantity,
    resources::Resource,
    sample::Sample,
    selector::Selector,
};

/// What was asked, once the request has found its rule.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub metric: &'a MetricName,
    /// As typed by the client; errors repeat it.
    pub asked_as: &'a GroupResource,
    pub resource: &'a Resource,
    pub namespace: Option<&'a Namespace>,
    pub objects: Objects<'a>,
    pub metric_selector: &'a Selector,
    /// Label of a sample that names its object.
    pub object_label: &'a str,
}

/// The objects the answer is about.
#[derive(Clone, Copy, Debug)]
pub enum Objects<'a> {
    /// One, by name; its existence is not checked.
    Named(&'a ObjectName),
    /// Those that exist and match the label selector, in the order of the answer.
    Matching(&'a [ObjectName]),
}

/// Values for objects, ready for [`crate::wire`].
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub metric: MetricName,
    pub resource: Resource,
    pub namespace: Option<Namespace>,
    pub metric_selector: Selector,
    /// When the values were evaluated.
    pub timestamp: Timestamp,
    pub values: Vec<(ObjectName, Quantity)>,
    /// Objects left out, and why.
    pub left_out: Vec<(ObjectName, NoValue)>,
    /// Objects for which several samples came; the last one counts.
    pub duplicates: Vec<ObjectName>,
}

/// Why one object has no value.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoValue {
    #[error("no sample")]
    NoSample,
    #[error(transparent)]
    NoQuantity(#[from] crate::quantity::NoQuantity),
}

/// Why the backend has no vector for us, in words for people.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct BackendFailure(pub String);

/// Turns what Prometheus said into an answer; `now` becomes the timestamp of the values.
pub fn answer(
    question: &Question<'_>,
    outcome: Result<&[Sample], &BackendFailure>,
    now: Timestamp,
) -> Result<Answer, Reason> {
    todo!("{question:?} {outcome:?} {now}")
}
