//! `k8s.io/apimachinery`, `meta/v1`: metadata and the Status.

use super::{Kind, Message, always, field};

pub static LIST_META: Message = Message {
    name: "ListMeta",
    fields: &[
        field(1, "selfLink", Kind::Text),
        field(2, "resourceVersion", Kind::Text),
        field(3, "continue", Kind::Text),
        field(4, "remainingItemCount", Kind::Int),
    ],
};

pub static OBJECT_META: Message = Message {
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

pub static TEXT_ENTRY: Message = Message {
    name: "entry",
    fields: &[always(1, "key", Kind::Text), always(2, "value", Kind::Text)],
};

pub static METADATA: Message = Message {
    name: "PartialObjectMetadata",
    fields: &[always(1, "metadata", Kind::One(&OBJECT_META))],
};

pub static METADATA_LIST: Message = Message {
    name: "PartialObjectMetadataList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&METADATA)),
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

pub static STATUS: Message = Message {
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
