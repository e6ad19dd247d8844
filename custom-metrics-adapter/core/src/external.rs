//! External metrics: what is offered, and samples → values.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{ids::MetricName, quantity::Quantity};

/// Values of an external metric, ready for [`crate::wire`]. Never without a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub metric: MetricName,
    /// In the order of the query's result. An HPA adds them up, so one that is missing would be a lie.
    pub values: Vec<Value>,
}

/// One row of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// All labels of the sample; none for a scalar.
    pub labels: Option<BTreeMap<String, String>>,
    pub value: Quantity,
    /// The sample's own.
    pub timestamp: Timestamp,
}
