//! `ExternalMetricValueList` of `external.metrics.k8s.io`.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
};

use prost::Message;
use serde::Serialize;

use super::{Document, List, Object, Text, Time};
use crate::{
    api::GroupVersion,
    external::{Answer, Value},
};

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalMetricValue {
    #[prost(string, required, tag = "1")]
    metric_name: String,
    #[prost(btree_map = "string, string", tag = "2")]
    metric_labels: Labels,
    #[prost(message, required, tag = "3")]
    timestamp: Time,
    #[prost(message, required, tag = "5")]
    value: Text,
}

/// A map that protobuf takes for any other, and that is `null` in JSON where there are no labels at all: a
/// scalar has none, a sample without labels has an empty map.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
struct Labels(Option<BTreeMap<String, String>>);

impl Deref for Labels {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.0.as_ref().unwrap_or(&NONE)
    }
}

impl DerefMut for Labels {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.get_or_insert_default()
    }
}

/// Writes an answer.
pub fn external_values(answer: &Answer) -> Box<dyn Document> {
    let item = |value: &Value| ExternalMetricValue {
        metric_name: answer.metric.to_string(),
        metric_labels: Labels(value.labels.clone()),
        timestamp: value.timestamp.into(),
        value: value.value.into(),
    };
    Box::new(Object {
        kind: "ExternalMetricValueList",
        api_version: GroupVersion::ExternalV1Beta1.to_string(),
        body: List::new(answer.values.iter().map(item).collect()),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ids::MetricName,
        negotiate::Format,
        quantity::Quantity,
        wire::{PROTOBUF_PREFIX, Unknown},
    };

    fn value(labels: Option<&[(&str, &str)]>, milli: i64) -> Value {
        let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        Value {
            labels: labels.map(|labels| labels.iter().map(owned).collect()),
            value: Quantity::from_milli(milli),
            timestamp: "2023-11-14T22:13:20.9Z".parse().unwrap(),
        }
    }

    fn answer(values: Vec<Value>) -> Answer {
        Answer {
            metric: MetricName::new("queue_depth").unwrap(),
            values,
        }
    }

    fn json(answer: &Answer) -> String {
        let json = Format::Json { pretty: false };
        String::from_utf8(external_values(answer).encode(json).unwrap()).unwrap()
    }

    fn decode(answer: &Answer) -> Vec<ExternalMetricValue> {
        let bytes = external_values(answer).encode(Format::Protobuf).unwrap();
        let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
        assert_eq!(unknown.type_meta.kind, "ExternalMetricValueList");
        List::decode(unknown.raw.as_slice()).unwrap().items
    }

    #[test]
    fn labels_are_those_of_the_sample() {
        let answer = answer(vec![value(Some(&[("name", "q1")]), 5000)]);
        assert_snapshot!(json(&answer), @r#"{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[{"metricName":"queue_depth","metricLabels":{"name":"q1"},"timestamp":"2023-11-14T22:13:20Z","value":"5"}]}"#);
    }

    #[test]
    fn a_scalar_has_null_labels_and_a_bare_sample_has_none() {
        let answer = answer(vec![value(None, 0), value(Some(&[]), 0)]);
        assert_snapshot!(json(&answer), @r#"{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[{"metricName":"queue_depth","metricLabels":null,"timestamp":"2023-11-14T22:13:20Z","value":"0"},{"metricName":"queue_depth","metricLabels":{},"timestamp":"2023-11-14T22:13:20Z","value":"0"}]}"#);
    }

    proptest! {
        #[test]
        fn json_and_protobuf_say_the_same(
            rows in prop::collection::vec(
                (
                    prop::option::of(prop::collection::btree_map("[a-z_]{1,5}", ".{0,8}", 0..4)),
                    any::<i64>(),
                    0_i64..4_102_444_800,
                ),
                0..5,
            ),
        ) {
            let values = rows.into_iter().map(|(labels, milli, second)| Value {
                labels,
                value: Quantity::from_milli(milli),
                timestamp: jiff::Timestamp::from_second(second).unwrap(),
            });
            let answer = answer(values.collect());
            let mut text: serde_json::Value = serde_json::from_str(&json(&answer)).unwrap();
            for item in text["items"].as_array_mut().unwrap() {
                // Protobuf has no word for the absence of a map.
                if item["metricLabels"].is_null() {
                    item["metricLabels"] = serde_json::json!({});
                }
            }
            let decoded: Vec<_> = decode(&answer)
                .into_iter()
                .map(|mut value| {
                    let _: &mut BTreeMap<_, _> = &mut value.metric_labels;
                    value
                })
                .collect();
            prop_assert_eq!(&text["items"], &serde_json::to_value(&decoded).unwrap());
            for (item, value) in decoded.iter().zip(&answer.values) {
                prop_assert_eq!(item.value.string.parse(), Ok(value.value));
            }
        }
    }
}
