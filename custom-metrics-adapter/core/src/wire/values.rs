//! `MetricValueList` of both versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Empty;
use crate::{
    answer::Answer,
    api::GroupVersion,
    ids::{MetricName, Namespace, ObjectName},
    quantity::Quantity,
    selector::{Operator, Selector},
};

/// Body of a successful read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricValueList<'a> {
    kind: &'static str,
    api_version: String,
    metadata: Empty,
    items: Items<'a>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Items<'a> {
    V1Beta1(Vec<ValueV1Beta1<'a>>),
    V1Beta2(Vec<ValueV1Beta2<'a>>),
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueV1Beta1<'a> {
    described_object: ObjectReference<'a>,
    metric_name: &'a MetricName,
    timestamp: String,
    value: String,
    /// Never left out: `null` without a selector.
    selector: Option<LabelSelector>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueV1Beta2<'a> {
    described_object: ObjectReference<'a>,
    metric: MetricIdentifier<'a>,
    timestamp: String,
    value: String,
}

#[derive(Clone, Debug, Serialize)]
struct MetricIdentifier<'a> {
    name: &'a MetricName,
    selector: Option<LabelSelector>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectReference<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a Namespace>,
    name: &'a ObjectName,
    /// `/v1` for core.
    api_version: String,
}

/// `metav1.LabelSelector`
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct LabelSelector {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    match_labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    match_expressions: Vec<Expression>,
}

#[derive(Clone, Debug, Serialize)]
struct Expression {
    key: String,
    operator: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

/// Writes an answer in the form of `version`.
pub fn metric_values(answer: &Answer, version: GroupVersion) -> MetricValueList<'_> {
    let selector = label_selector(&answer.metric_selector);
    let timestamp = seconds(answer.timestamp);
    let values = answer.values.iter();
    let items = match version {
        GroupVersion::CustomV1Beta1 => Items::V1Beta1(
            values
                .map(|(name, value)| ValueV1Beta1 {
                    described_object: reference(answer, name),
                    metric_name: &answer.metric,
                    timestamp: timestamp.clone(),
                    value: Quantity::to_string(value),
                    selector: selector.clone(),
                })
                .collect(),
        ),
        _ => Items::V1Beta2(
            values
                .map(|(name, value)| ValueV1Beta2 {
                    described_object: reference(answer, name),
                    metric: MetricIdentifier {
                        name: &answer.metric,
                        selector: selector.clone(),
                    },
                    timestamp: timestamp.clone(),
                    value: Quantity::to_string(value),
                })
                .collect(),
        ),
    };
    MetricValueList {
        kind: "MetricValueList",
        api_version: version.to_string(),
        metadata: Empty {},
        items,
    }
}

fn reference<'a>(answer: &'a Answer, name: &'a ObjectName) -> ObjectReference<'a> {
    ObjectReference {
        kind: &answer.resource.kind,
        namespace: answer.namespace.as_ref(),
        name,
        api_version: answer.resource.api_version(),
    }
}

/// `2026-11-22T00:58:56Z`: Kubernetes' times have no fraction.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `key=value` goes to `matchLabels`, where a key has one place; all others are expressions. Upstream cannot
/// express `!=` and fails; it means the same as `notin` with one value.
fn label_selector(selector: &Selector) -> Option<LabelSelector> {
    if selector.is_empty() {
        return None;
    }
    let mut out = LabelSelector::default();
    for requirement in selector.requirements() {
        let operator = match (requirement.operator(), requirement.values()) {
            (Operator::Equals | Operator::DoubleEquals, [value])
                if !out.match_labels.contains_key(requirement.key()) =>
            {
                out.match_labels
                    .insert(requirement.key().to_owned(), value.clone());
                continue;
            }
            (Operator::Equals | Operator::DoubleEquals | Operator::In, _) => "In",
            (Operator::NotEquals | Operator::NotIn, _) => "NotIn",
            (Operator::Exists, _) => "Exists",
            (Operator::DoesNotExist, _) => "DoesNotExist",
            (Operator::GreaterThan, _) => "Gt",
            (Operator::LessThan, _) => "Lt",
        };
        let (key, values) = (requirement.key().to_owned(), requirement.values().to_vec());
        out.match_expressions.push(Expression {
            key,
            operator,
            values,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{ids::GroupResource, resources::ResourceMap};

    fn answer(resource: &str, namespace: Option<&str>, selector: &str) -> Answer {
        Answer {
            metric: MetricName::new("http_requests_per_second").unwrap(),
            resource: ResourceMap::builtin()
                .resolve(&GroupResource::parse(resource))
                .unwrap()
                .clone(),
            namespace: namespace.map(|namespace| Namespace::new(namespace).unwrap()),
            metric_selector: Selector::parse(selector).unwrap(),
            timestamp: "2026-11-22T00:58:56.789Z".parse().unwrap(),
            values: vec![(ObjectName::new("pod-a").unwrap(), Quantity::from_milli(16))],
            left_out: vec![],
            duplicates: vec![],
        }
    }

    fn body(answer: &Answer, version: GroupVersion) -> String {
        serde_json::to_string(&metric_values(answer, version)).unwrap()
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
    fn a_selector_is_echoed_as_labels_and_expressions() {
        let selector = Selector::parse("code=200,a==b,x in (2,1),y notin (z),e,!n,d!=1").unwrap();
        let echoed = serde_json::to_string(&label_selector(&selector)).unwrap();
        assert_snapshot!(echoed, @r#"{"matchLabels":{"a":"b","code":"200"},"matchExpressions":[{"key":"d","operator":"NotIn","values":["1"]},{"key":"e","operator":"Exists"},{"key":"n","operator":"DoesNotExist"},{"key":"x","operator":"In","values":["1","2"]},{"key":"y","operator":"NotIn","values":["z"]}]}"#);
    }
}
