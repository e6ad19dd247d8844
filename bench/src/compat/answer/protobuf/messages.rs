//! The messages: field numbers and the names that the fields have in JSON.

pub mod discovery;
pub mod meta;
pub mod metrics;

use serde_json::Value;

use self::{
    discovery::{GROUP, GROUP_DISCOVERIES, GROUPS, RESOURCES},
    meta::{METADATA, METADATA_LIST, STATUS},
    metrics::{
        EXTERNAL_METRICS, METRICS_V1BETA1, METRICS_V1BETA2, NODE_METRICS, NODE_METRICS_LIST,
        POD_METRICS, POD_METRICS_LIST,
    },
};

#[derive(Debug)]
pub struct Message {
    pub name: &'static str,
    pub fields: &'static [Field],
}

#[derive(Debug)]
pub struct Field {
    pub number: u64,
    pub name: &'static str,
    pub kind: Kind,
    /// Whether JSON shows it even when it is empty.
    always: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Int,
    Bool,
    Text,
    Time,
    Duration,
    Quantity,
    One(&'static Message),
    Many(&'static Message),
    Texts,
    /// A message that holds strings.
    Verbs,
    /// Entries with `key` and `value`.
    Map(&'static Message),
}

impl Field {
    /// What JSON shows when the field is not there.
    pub fn absent(&self) -> Option<Value> {
        self.always.then(|| match self.kind {
            Kind::Int => Value::from(0),
            Kind::Bool => Value::Bool(false),
            Kind::Text => Value::from(""),
            Kind::Many(_) | Kind::Texts | Kind::Verbs => Value::Array(Vec::new()),
            _ => Value::Null,
        })
    }
}

/// Left out of JSON when empty.
const fn field(number: u64, name: &'static str, kind: Kind) -> Field {
    Field {
        number,
        name,
        kind,
        always: false,
    }
}

const fn always(number: u64, name: &'static str, kind: Kind) -> Field {
    Field {
        number,
        name,
        kind,
        always: true,
    }
}

/// `apiVersion`, `kind` and table of what can be in an envelope.
pub const ROOTS: [(&str, &str, &Message); 18] = [
    (
        "custom.metrics.k8s.io/v1beta1",
        "MetricValueList",
        &METRICS_V1BETA1,
    ),
    (
        "custom.metrics.k8s.io/v1beta2",
        "MetricValueList",
        &METRICS_V1BETA2,
    ),
    (
        "external.metrics.k8s.io/v1beta1",
        "ExternalMetricValueList",
        &EXTERNAL_METRICS,
    ),
    (
        "metrics.k8s.io/v1beta1",
        "PodMetricsList",
        &POD_METRICS_LIST,
    ),
    ("metrics.k8s.io/v1beta1", "PodMetrics", &POD_METRICS),
    (
        "metrics.k8s.io/v1beta1",
        "NodeMetricsList",
        &NODE_METRICS_LIST,
    ),
    ("metrics.k8s.io/v1beta1", "NodeMetrics", &NODE_METRICS),
    ("v1", "Status", &STATUS),
    ("meta.k8s.io/v1", "Status", &STATUS),
    ("v1", "APIResourceList", &RESOURCES),
    ("v1", "APIGroup", &GROUP),
    ("v1", "APIGroupList", &GROUPS),
    (
        "apidiscovery.k8s.io/v2",
        "APIGroupDiscoveryList",
        &GROUP_DISCOVERIES,
    ),
    (
        "apidiscovery.k8s.io/v2beta1",
        "APIGroupDiscoveryList",
        &GROUP_DISCOVERIES,
    ),
    ("meta.k8s.io/v1", "PartialObjectMetadata", &METADATA),
    (
        "meta.k8s.io/v1",
        "PartialObjectMetadataList",
        &METADATA_LIST,
    ),
    (
        "meta.k8s.io/v1beta1",
        "PartialObjectMetadataList",
        &METADATA_LIST,
    ),
    // The rival leaves the version of this one out.
    ("", "APIGroupList", &GROUPS),
];

pub static TYPE_META: Message = Message {
    name: "TypeMeta",
    fields: &[
        always(1, "apiVersion", Kind::Text),
        always(2, "kind", Kind::Text),
    ],
};
