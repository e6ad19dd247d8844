//! The objects of the API and how they are written.
//!
//! One struct per object carries both of its forms: fields stand in the order of the JSON, which is that of
//! the Go types, and bear the tags of `k8s.io/metrics`' and `k8s.io/apimachinery`'s `generated.proto`.
//! Snapshots compare whole bodies.

mod aggregated;
mod custom;
mod discovery;
mod external;
mod meta;
mod partial;
mod status;
mod table;
mod usage;
mod yaml;

pub use aggregated::aggregated_discovery;
pub use custom::metric_values;
pub use discovery::{Offer, group, group_list, resource_list};
pub use external::external_values;
pub use meta::{Expression, LabelSelector, List, ListMeta, ObjectMeta, Text, Time, Window};
pub use status::{Status, status};
pub use usage::{node_metrics, node_metrics_list, pod_metrics, pod_metrics_list};
pub use yaml::yaml;

use prost::Message;
use serde::{Serialize, ser::Error as _};

use crate::negotiate::Format;

/// What can be the body of a response.
pub trait Document {
    /// The bytes of the form.
    ///
    /// # Errors
    /// When the document has no such form, which negotiation rules out.
    fn encode(&self, format: Format) -> serde_json::Result<Vec<u8>>;
}

/// An object together with what it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object<T> {
    pub kind: &'static str,
    /// Left out where it is empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub api_version: String,
    #[serde(flatten)]
    pub body: T,
}

impl<T: Serialize + Message> Document for Object<T> {
    fn encode(&self, format: Format) -> serde_json::Result<Vec<u8>> {
        match format {
            Format::Protobuf => Ok(self.protobuf()),
            text => encode_text(self, text),
        }
    }
}

impl<T: Message> Object<T> {
    /// `k8s`, a zero and a `runtime.Unknown`.
    fn protobuf(&self) -> Vec<u8> {
        let unknown = Unknown {
            type_meta: TypeMeta {
                api_version: self.api_version.clone(),
                kind: self.kind.to_owned(),
            },
            raw: self.body.encode_to_vec(),
            content_encoding: String::new(),
            content_type: String::new(),
        };
        let mut bytes = PROTOBUF_PREFIX.to_vec();
        bytes.extend(unknown.encode_to_vec());
        bytes
    }
}

/// Marks protobuf of Kubernetes.
pub const PROTOBUF_PREFIX: [u8; 4] = *b"k8s\0";

/// `runtime.Unknown`: the envelope of an object in protobuf. Go writes empty texts too, and so do we
/// wherever a field is `required`.
#[derive(Clone, PartialEq, Message)]
pub struct Unknown {
    #[prost(message, required, tag = "1")]
    pub type_meta: TypeMeta,
    /// The object.
    #[prost(bytes = "vec", required, tag = "2")]
    pub raw: Vec<u8>,
    #[prost(string, required, tag = "3")]
    pub content_encoding: String,
    #[prost(string, required, tag = "4")]
    pub content_type: String,
}

/// `runtime.TypeMeta`
#[derive(Clone, PartialEq, Message)]
pub struct TypeMeta {
    #[prost(string, required, tag = "1")]
    pub api_version: String,
    #[prost(string, required, tag = "2")]
    pub kind: String,
}

/// Compact JSON ends with a newline, indented JSON does not, as API servers write it.
fn encode_text(value: &impl Serialize, format: Format) -> serde_json::Result<Vec<u8>> {
    match format {
        Format::Json { pretty: true } => serde_json::to_vec_pretty(value),
        Format::Json { pretty: false } => {
            let mut bytes = serde_json::to_vec(value)?;
            bytes.push(b'\n');
            Ok(bytes)
        }
        Format::Yaml => Ok(yaml(&serde_json::to_value(value)?).into_bytes()),
        Format::Protobuf => Err(serde_json::Error::custom("there is no protobuf form")),
    }
}

#[cfg(test)]
mod tests;
