//! `MetricValueList` of `custom.metrics.k8s.io`, both versions.

use std::fmt::Debug;

use prost::Message;
use serde::Serialize;

use super::{Document, List, Object, Text, Time, meta::LabelSelector};
use crate::{answer::Answer, api::GroupVersion, ids::ObjectName};

const KIND: &str = "MetricValueList";

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueV1Beta1 {
    #[prost(message, required, tag = "1")]
    described_object: ObjectReference,
    #[prost(string, required, tag = "2")]
    metric_name: String,
    #[prost(message, required, tag = "3")]
    timestamp: Time,
    #[prost(message, required, tag = "5")]
    value: Text,
    /// Never left out of JSON: `null` without a selector.
    #[prost(message, optional, tag = "6")]
    selector: Option<LabelSelector>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueV1Beta2 {
    #[prost(message, required, tag = "1")]
    described_object: ObjectReference,
    #[prost(message, required, tag = "2")]
    metric: MetricIdentifier,
    #[prost(message, required, tag = "3")]
    timestamp: Time,
    #[prost(message, required, tag = "5")]
    value: Text,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct MetricIdentifier {
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    selector: Option<LabelSelector>,
}

/// `v1.ObjectReference`; the fields without data are there because Go writes them.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectReference {
    #[prost(string, required, tag = "1")]
    kind: String,
    #[prost(string, required, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[prost(string, required, tag = "3")]
    name: String,
    #[prost(string, required, tag = "4")]
    #[serde(skip)]
    uid: String,
    /// `/v1` for core.
    #[prost(string, required, tag = "5")]
    api_version: String,
    #[prost(string, required, tag = "6")]
    #[serde(skip)]
    resource_version: String,
    #[prost(string, required, tag = "7")]
    #[serde(skip)]
    field_path: String,
}

/// Writes an answer in the form of `version`.
pub fn metric_values(answer: &Answer, version: GroupVersion) -> Box<dyn Document> {
    match version {
        GroupVersion::CustomV1Beta1 => list(answer, version, v1beta1),
        _ => list(answer, version, v1beta2),
    }
}

fn list<T: Message + Default + Debug + Serialize + 'static>(
    answer: &Answer,
    version: GroupVersion,
    item: impl Fn(&Answer, ObjectReference, Text) -> T,
) -> Box<dyn Document> {
    let items = answer.values.iter();
    let items = items.map(|(name, value)| item(answer, reference(answer, name), (*value).into()));
    Box::new(Object {
        kind: KIND,
        api_version: version.to_string(),
        body: List::new(items.collect()),
    })
}

fn v1beta1(answer: &Answer, described_object: ObjectReference, value: Text) -> ValueV1Beta1 {
    ValueV1Beta1 {
        described_object,
        metric_name: answer.metric.to_string(),
        timestamp: answer.timestamp.into(),
        value,
        selector: LabelSelector::of(&answer.metric_selector),
    }
}

fn v1beta2(answer: &Answer, described_object: ObjectReference, value: Text) -> ValueV1Beta2 {
    ValueV1Beta2 {
        described_object,
        metric: MetricIdentifier {
            name: answer.metric.to_string(),
            selector: LabelSelector::of(&answer.metric_selector),
        },
        timestamp: answer.timestamp.into(),
        value,
    }
}

fn reference(answer: &Answer, name: &ObjectName) -> ObjectReference {
    let namespace = answer.namespace.as_ref();
    ObjectReference {
        kind: answer.resource.kind.clone(),
        namespace: namespace.map(ToString::to_string).unwrap_or_default(),
        name: name.to_string(),
        api_version: answer.resource.api_version(),
        ..ObjectReference::default()
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{
        ids::{GroupResource, MetricName, Namespace},
        negotiate::Format,
        quantity::Quantity,
        resources::ResourceMap,
        selector::Selector,
        wire::{PROTOBUF_PREFIX, Unknown},
    };

    const TIME: &str = "2026-11-22T00:58:56.789Z";

    fn answer(resource: &str, namespace: Option<&str>, selector: &str) -> Answer {
        Answer {
            metric: MetricName::new("http_requests_per_second").unwrap(),
            resource: ResourceMap::builtin()
                .resolve(&GroupResource::parse(resource))
                .unwrap()
                .clone(),
            namespace: namespace.map(|namespace| Namespace::new(namespace).unwrap()),
            metric_selector: Selector::parse(selector).unwrap(),
            timestamp: TIME.parse().unwrap(),
            values: vec![(ObjectName::new("pod-a").unwrap(), Quantity::from_milli(16))],
            left_out: vec![],
            duplicates: vec![],
        }
    }

    fn body(answer: &Answer, version: GroupVersion) -> String {
        let json = Format::Json { pretty: false };
        String::from_utf8(metric_values(answer, version).encode(json).unwrap()).unwrap()
    }

    #[test]
    fn v1beta2_puts_name_and_selector_under_metric() {
        let answer = answer("pods", Some("default"), "");
        assert_snapshot!(body(&answer, GroupVersion::CustomV1Beta2), @r#"{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta2","metadata":{},"items":[{"describedObject":{"kind":"Pod","namespace":"default","name":"pod-a","apiVersion":"/v1"},"metric":{"name":"http_requests_per_second","selector":null},"timestamp":"2026-11-22T00:58:56Z","value":"16m"}]}"#);
    }

    #[test]
    fn v1beta1_puts_the_selector_last() {
        let answer = answer("pods", Some("default"), "");
        assert_snapshot!(body(&answer, GroupVersion::CustomV1Beta1), @r#"{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta1","metadata":{},"items":[{"describedObject":{"kind":"Pod","namespace":"default","name":"pod-a","apiVersion":"/v1"},"metricName":"http_requests_per_second","timestamp":"2026-11-22T00:58:56Z","value":"16m","selector":null}]}"#);
    }

    #[test]
    fn an_object_at_the_root_has_no_namespace() {
        let answer = answer("nodes", None, "");
        assert_snapshot!(body(&answer, GroupVersion::CustomV1Beta2), @r#"{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta2","metadata":{},"items":[{"describedObject":{"kind":"Node","name":"pod-a","apiVersion":"/v1"},"metric":{"name":"http_requests_per_second","selector":null},"timestamp":"2026-11-22T00:58:56Z","value":"16m"}]}"#);
    }

    #[test]
    fn protobuf_is_byte_for_byte_what_go_writes() {
        let mut answer = answer("pods", Some("default"), "");
        answer.values = vec![(
            ObjectName::new("pod-b").unwrap(),
            Quantity::from_milli(12345),
        )];
        let bytes = metric_values(&answer, GroupVersion::CustomV1Beta2)
            .encode(Format::Protobuf)
            .unwrap();
        let mut wanted = b"k8s\0\x0a\x30\x0a\x1dcustom.metrics.k8s.io/v1beta2\x12\x0fMetricValueList\x12\x5c\
            \x0a\x06\x0a\x00\x12\x00\x1a\x00\
            \x12\x52\x0a\x20\x0a\x03Pod\x12\x07default\x1a\x05pod-b\x22\x00\x2a\x03/v1\x32\x00\x3a\x00\
            \x12\x1a\x0a\x18http_requests_per_second\
            \x1a\x08\x08"
            .to_vec();
        prost::encoding::encode_varint(answer.timestamp.as_second().unsigned_abs(), &mut wanted);
        wanted.extend(b"\x10\x00\x2a\x08\x0a\x0612345m\x1a\x00\x22\x00");
        assert_eq!(bytes, wanted);
    }

    #[test]
    fn v1beta1_carries_its_selector_in_protobuf_too() {
        let answer = answer("pods", Some("default"), "code=200,x in (1,2)");
        let bytes = metric_values(&answer, GroupVersion::CustomV1Beta1)
            .encode(Format::Protobuf)
            .unwrap();
        let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
        let list = List::<ValueV1Beta1>::decode(unknown.raw.as_slice()).unwrap();
        assert_eq!(
            list.items[0].selector,
            LabelSelector::of(&answer.metric_selector)
        );
        assert_eq!(
            unknown.type_meta.api_version,
            "custom.metrics.k8s.io/v1beta1"
        );
    }
}
