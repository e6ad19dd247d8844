//! The parts of `autoscaling/v2` that matter here, unchecked. Unknown fields are left alone.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Object {
    pub(super) api_version: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) scale_target_ref: Reference,
    pub(super) min_replicas: Option<u32>,
    pub(super) max_replicas: u32,
    pub(super) metrics: Option<Vec<Metric>>,
    pub(super) behavior: Option<Behavior>,
    /// `autoscaling/v1` only.
    #[serde(rename = "targetCPUUtilizationPercentage")]
    pub(super) target_cpu: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) api_version: Option<String>,
    pub(super) kind: String,
    pub(super) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Behavior {
    pub(super) scale_up: Option<Rules>,
    pub(super) scale_down: Option<Rules>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rules {
    pub(super) tolerance: Option<Number>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metric {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) pods: Option<Part>,
    pub(super) object: Option<Part>,
    pub(super) external: Option<Part>,
    pub(super) resource: Option<Part>,
    pub(super) container_resource: Option<Part>,
}

/// Any one of the sources: each uses some of these fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Part {
    pub(super) metric: Identifier,
    pub(super) described_object: Reference,
    /// Of a resource.
    pub(super) name: String,
    pub(super) container: String,
    pub(super) target: Target,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identifier {
    pub(super) name: String,
    pub(super) selector: Option<LabelSelector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) value: Option<Number>,
    pub(super) average_value: Option<Number>,
    pub(super) average_utilization: Option<u32>,
}

/// `metav1.LabelSelector`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LabelSelector {
    pub(super) match_labels: Option<BTreeMap<String, String>>,
    pub(super) match_expressions: Option<Vec<Expression>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Expression {
    pub(super) key: String,
    pub(super) operator: String,
    pub(super) values: Option<Vec<String>>,
}

/// A quantity: people write `10` as well as `"10"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

impl std::fmt::Display for Number {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(number) => write!(out, "{number}"),
            Self::Fraction(number) => write!(out, "{number}"),
            Self::Text(text) => out.write_str(text),
        }
    }
}
