//! `k8s.io/metrics`: custom, external and resource metrics.

use super::{
    Kind, Message, always, field,
    meta::{LIST_META, OBJECT_META, TEXT_ENTRY},
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

pub static METRICS_V1BETA1: Message = Message {
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

pub static METRICS_V1BETA2: Message = Message {
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

pub static EXTERNAL_METRICS: Message = Message {
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

pub static POD_METRICS: Message = Message {
    name: "PodMetrics",
    fields: &[
        always(1, "metadata", Kind::One(&OBJECT_META)),
        always(2, "timestamp", Kind::Time),
        always(3, "window", Kind::Duration),
        always(4, "containers", Kind::Many(&CONTAINER_METRICS)),
    ],
};

pub static POD_METRICS_LIST: Message = Message {
    name: "PodMetricsList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&POD_METRICS)),
    ],
};

pub static NODE_METRICS: Message = Message {
    name: "NodeMetrics",
    fields: &[
        always(1, "metadata", Kind::One(&OBJECT_META)),
        always(2, "timestamp", Kind::Time),
        always(3, "window", Kind::Duration),
        always(4, "usage", Kind::Map(&QUANTITY_ENTRY)),
    ],
};

pub static NODE_METRICS_LIST: Message = Message {
    name: "NodeMetricsList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&NODE_METRICS)),
    ],
};
