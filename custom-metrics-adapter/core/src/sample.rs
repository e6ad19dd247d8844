//! Samples of an instant query.

use std::collections::BTreeMap;

/// One element of a Prometheus vector, as decoded by the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    /// Unix seconds of the evaluation.
    pub time: f64,
}
