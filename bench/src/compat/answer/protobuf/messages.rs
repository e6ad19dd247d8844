//! The messages: field numbers and the names that the fields have in JSON.

use serde_json::Value;

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

static LIST_META: Message = Message {
    name: "ListMeta",
    fields: &[
        field(1, "selfLink", Kind::Text),
        field(2, "resourceVersion", Kind::Text),
        field(3, "continue", Kind::Text),
        field(4, "remainingItemCount", Kind::Int),
    ],
};

static OBJECT_META: Message = Message {
    name: "ObjectMeta",
    fields: &[
        field(1, "name", Kind::Text),
        field(2, "generateName", Kind::Text),
        field(3, "namespace", Kind::Text),
        field(4, "selfLink", Kind::Text),
        field(5, "uid", Kind::Text),
        field(6, "resourceVersion", Kind::Text),
        field(7, "generation", Kind::Int),
        always(8, "creationTimestamp", Kind::Time),
        field(11, "labels", Kind::Map(&TEXT_ENTRY)),
        field(12, "annotations", Kind::Map(&TEXT_ENTRY)),
    ],
};

static TEXT_ENTRY: Message = Message {
    name: "entry",
    fields: &[always(1, "key", Kind::Text), always(2, "value", Kind::Text)],
};

static QUANTITY_ENTRY: Message = Message {
    name: "entry",
    fields: &[
        always(1, "key", Kind::Text),
        always(2, "value", Kind::Quantity),
    ],
};

static REFERENCE: Message = Message {
    name: "ObjectReference",
    fields: &[
        field(1, "kind", Kind::Text),
        field(2, "namespace", Kind::Text),
        field(3, "name", Kind::Text),
        field(4, "uid", Kind::Text),
        field(5, "apiVersion", Kind::Text),
        field(6, "resourceVersion", Kind::Text),
        field(7, "fieldPath", Kind::Text),
    ],
};

static REQUIREMENT: Message = Message {
    name: "LabelSelectorRequirement",
    fields: &[
        always(1, "key", Kind::Text),
        always(2, "operator", Kind::Text),
        field(3, "values", Kind::Texts),
    ],
};

static SELECTOR: Message = Message {
    name: "LabelSelector",
    fields: &[
        field(1, "matchLabels", Kind::Map(&TEXT_ENTRY)),
        field(2, "matchExpressions", Kind::Many(&REQUIREMENT)),
    ],
};

static METRIC_V1BETA1: Message = Message {
    name: "MetricValue",
    fields: &[
        always(1, "describedObject", Kind::One(&REFERENCE)),
        always(2, "metricName", Kind::Text),
        always(3, "timestamp", Kind::Time),
        field(4, "window", Kind::Int),
        always(5, "value", Kind::Quantity),
        always(6, "selector", Kind::One(&SELECTOR)),
    ],
};

static METRICS_V1BETA1: Message = Message {
    name: "MetricValueList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&METRIC_V1BETA1)),
    ],
};

static METRIC_IDENTIFIER: Message = Message {
    name: "MetricIdentifier",
    fields: &[
        always(1, "name", Kind::Text),
        always(2, "selector", Kind::One(&SELECTOR)),
    ],
};

static METRIC_V1BETA2: Message = Message {
    name: "MetricValue",
    fields: &[
        always(1, "describedObject", Kind::One(&REFERENCE)),
        always(2, "metric", Kind::One(&METRIC_IDENTIFIER)),
        always(3, "timestamp", Kind::Time),
        field(4, "windowSeconds", Kind::Int),
        always(5, "value", Kind::Quantity),
    ],
};

static METRICS_V1BETA2: Message = Message {
    name: "MetricValueList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&METRIC_V1BETA2)),
    ],
};

static EXTERNAL_METRIC: Message = Message {
    name: "ExternalMetricValue",
    fields: &[
        always(1, "metricName", Kind::Text),
        always(2, "metricLabels", Kind::Map(&TEXT_ENTRY)),
        always(3, "timestamp", Kind::Time),
        field(4, "window", Kind::Int),
        always(5, "value", Kind::Quantity),
    ],
};

static EXTERNAL_METRICS: Message = Message {
    name: "ExternalMetricValueList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&EXTERNAL_METRIC)),
    ],
};

static CONTAINER_METRICS: Message = Message {
    name: "ContainerMetrics",
    fields: &[
        always(1, "name", Kind::Text),
        always(2, "usage", Kind::Map(&QUANTITY_ENTRY)),
    ],
};

static POD_METRICS: Message = Message {
    name: "PodMetrics",
    fields: &[
        always(1, "metadata", Kind::One(&OBJECT_META)),
        always(2, "timestamp", Kind::Time),
        always(3, "window", Kind::Duration),
        always(4, "containers", Kind::Many(&CONTAINER_METRICS)),
    ],
};

static POD_METRICS_LIST: Message = Message {
    name: "PodMetricsList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&POD_METRICS)),
    ],
};

static NODE_METRICS: Message = Message {
    name: "NodeMetrics",
    fields: &[
        always(1, "metadata", Kind::One(&OBJECT_META)),
        always(2, "timestamp", Kind::Time),
        always(3, "window", Kind::Duration),
        always(4, "usage", Kind::Map(&QUANTITY_ENTRY)),
    ],
};

static NODE_METRICS_LIST: Message = Message {
    name: "NodeMetricsList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&NODE_METRICS)),
    ],
};

static CAUSE: Message = Message {
    name: "StatusCause",
    fields: &[
        field(1, "reason", Kind::Text),
        field(2, "message", Kind::Text),
        field(3, "field", Kind::Text),
    ],
};

static DETAILS: Message = Message {
    name: "StatusDetails",
    fields: &[
        field(1, "name", Kind::Text),
        field(2, "group", Kind::Text),
        field(3, "kind", Kind::Text),
        field(4, "causes", Kind::Many(&CAUSE)),
        field(5, "retryAfterSeconds", Kind::Int),
        field(6, "uid", Kind::Text),
    ],
};

static STATUS: Message = Message {
    name: "Status",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        field(2, "status", Kind::Text),
        field(3, "message", Kind::Text),
        field(4, "reason", Kind::Text),
        field(5, "details", Kind::One(&DETAILS)),
        field(6, "code", Kind::Int),
    ],
};

static RESOURCE: Message = Message {
    name: "APIResource",
    fields: &[
        always(1, "name", Kind::Text),
        always(2, "namespaced", Kind::Bool),
        always(3, "kind", Kind::Text),
        always(4, "verbs", Kind::Verbs),
        field(5, "shortNames", Kind::Texts),
        always(6, "singularName", Kind::Text),
        field(7, "categories", Kind::Texts),
        field(8, "group", Kind::Text),
        field(9, "version", Kind::Text),
        field(10, "storageVersionHash", Kind::Text),
    ],
};

static RESOURCES: Message = Message {
    name: "APIResourceList",
    fields: &[
        always(1, "groupVersion", Kind::Text),
        always(2, "resources", Kind::Many(&RESOURCE)),
    ],
};

static GROUP_VERSION: Message = Message {
    name: "GroupVersionForDiscovery",
    fields: &[
        always(1, "groupVersion", Kind::Text),
        always(2, "version", Kind::Text),
    ],
};

static CLIENT_CIDR: Message = Message {
    name: "ServerAddressByClientCIDR",
    fields: &[
        always(1, "clientCIDR", Kind::Text),
        always(2, "serverAddress", Kind::Text),
    ],
};

static GROUP: Message = Message {
    name: "APIGroup",
    fields: &[
        always(1, "name", Kind::Text),
        always(2, "versions", Kind::Many(&GROUP_VERSION)),
        field(3, "preferredVersion", Kind::One(&GROUP_VERSION)),
        field(4, "serverAddressByClientCIDRs", Kind::Many(&CLIENT_CIDR)),
    ],
};

static GROUPS: Message = Message {
    name: "APIGroupList",
    fields: &[always(1, "groups", Kind::Many(&GROUP))],
};

static GROUP_VERSION_KIND: Message = Message {
    name: "GroupVersionKind",
    fields: &[
        always(1, "group", Kind::Text),
        always(2, "version", Kind::Text),
        always(3, "kind", Kind::Text),
    ],
};

static SUBRESOURCE_DISCOVERY: Message = Message {
    name: "APISubresourceDiscovery",
    fields: &[
        always(1, "subresource", Kind::Text),
        field(2, "responseKind", Kind::One(&GROUP_VERSION_KIND)),
        field(3, "acceptedTypes", Kind::Many(&GROUP_VERSION_KIND)),
        always(4, "verbs", Kind::Texts),
    ],
};

static RESOURCE_DISCOVERY: Message = Message {
    name: "APIResourceDiscovery",
    fields: &[
        always(1, "resource", Kind::Text),
        field(2, "responseKind", Kind::One(&GROUP_VERSION_KIND)),
        always(3, "scope", Kind::Text),
        always(4, "singularResource", Kind::Text),
        always(5, "verbs", Kind::Texts),
        field(6, "shortNames", Kind::Texts),
        field(7, "categories", Kind::Texts),
        field(8, "subresources", Kind::Many(&SUBRESOURCE_DISCOVERY)),
    ],
};

static VERSION_DISCOVERY: Message = Message {
    name: "APIVersionDiscovery",
    fields: &[
        always(1, "version", Kind::Text),
        field(2, "resources", Kind::Many(&RESOURCE_DISCOVERY)),
        field(3, "freshness", Kind::Text),
    ],
};

static GROUP_DISCOVERY: Message = Message {
    name: "APIGroupDiscovery",
    fields: &[
        always(1, "metadata", Kind::One(&OBJECT_META)),
        field(2, "versions", Kind::Many(&VERSION_DISCOVERY)),
    ],
};

static GROUP_DISCOVERIES: Message = Message {
    name: "APIGroupDiscoveryList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&GROUP_DISCOVERY)),
    ],
};

static METADATA: Message = Message {
    name: "PartialObjectMetadata",
    fields: &[always(1, "metadata", Kind::One(&OBJECT_META))],
};

static METADATA_LIST: Message = Message {
    name: "PartialObjectMetadataList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&METADATA)),
    ],
};
