//! `PartialObjectMetadata` of `meta.k8s.io`: objects without what they are about.

use prost::Message;
use serde::Serialize;

use super::{Document, List, ListMeta, Object, ObjectMeta, encode_text};
use crate::negotiate::{Format, MetaVersion};

#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct PartialObjectMetadata {
    #[prost(message, required, tag = "1")]
    metadata: ObjectMeta,
}

impl PartialObjectMetadata {
    pub(super) fn of(metadata: &ObjectMeta, version: MetaVersion) -> Object<Self> {
        Object {
            kind: "PartialObjectMetadata",
            api_version: version.to_string(),
            body: Self {
                metadata: metadata.clone(),
            },
        }
    }
}

/// Its list, whose items say what they are in JSON, and not in protobuf.
pub(super) struct MetadataList {
    pub version: MetaVersion,
    pub items: Vec<ObjectMeta>,
}

#[derive(Serialize)]
struct Typed {
    metadata: ListMeta,
    items: Vec<Object<PartialObjectMetadata>>,
}

impl Document for MetadataList {
    fn encode(&self, format: Format) -> serde_json::Result<Vec<u8>> {
        let items = self.items.iter();
        let items = items.map(|item| PartialObjectMetadata::of(item, self.version));
        if format == Format::Protobuf {
            let list = List::new(items.map(|item| item.body).collect());
            return self.object(list).encode(format);
        }
        let typed = Typed {
            metadata: ListMeta::default(),
            items: items.collect(),
        };
        encode_text(&self.object(typed), format)
    }
}

impl MetadataList {
    fn object<T>(&self, body: T) -> Object<T> {
        Object {
            kind: "PartialObjectMetadataList",
            api_version: self.version.to_string(),
            body,
        }
    }
}
