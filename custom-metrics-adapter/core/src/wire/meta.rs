//! The common parts of objects: `k8s.io/apimachinery`.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use jiff::Timestamp;
use prost::Message;
use serde::{Serialize, Serializer, ser::Error as _};

use crate::{
    quantity::{Binary, Quantity},
    selector::{Operator, Selector},
};

/// A list of objects.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct List<T: Message + Default + Debug> {
    #[prost(message, required, tag = "1")]
    pub metadata: ListMeta,
    #[prost(message, repeated, tag = "2")]
    pub items: Vec<T>,
}

impl<T: Message + Default + Debug> List<T> {
    pub(super) fn new(items: Vec<T>) -> Self {
        Self {
            metadata: ListMeta::default(),
            items,
        }
    }
}

/// `metav1.ListMeta`, of which nothing is ever set.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    #[prost(string, required, tag = "1")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub self_link: String,
    #[prost(string, required, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    #[prost(string, required, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#continue: String,
}

/// `metav1.ObjectMeta`, as far as anything here has it.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectMeta {
    #[prost(string, tag = "1")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// `null` where there is none.
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    #[prost(btree_map = "string, string", tag = "11")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// `metav1.Time`: whole seconds. JSON is `2026-11-22T00:58:56Z`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Time {
    #[prost(int64, required, tag = "1")]
    pub seconds: i64,
    /// Always 0.
    #[prost(int32, required, tag = "2")]
    pub nanos: i32,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self {
            seconds: time.as_second(),
            nanos: 0,
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = Timestamp::from_second(self.seconds).map_err(S::Error::custom)?;
        serializer.collect_str(&time.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// `metav1.Duration`: nanoseconds. JSON is Go's text, such as `5m0s`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Window {
    #[prost(int64, required, tag = "1")]
    pub nanoseconds: i64,
}

impl From<Duration> for Window {
    fn from(duration: Duration) -> Self {
        Self {
            nanoseconds: i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&go_duration(self.nanoseconds.unsigned_abs()))
    }
}

/// `1h0m0s`, `5m0s`, `1.5s`, `250ms`, `10µs`, `0s`.
pub(super) fn go_duration(nanoseconds: u64) -> String {
    let (unit, name) = match nanoseconds {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, rest) = (nanoseconds / unit, nanoseconds % unit);
    let digits = unit.ilog10() as usize;
    let fraction = format!(".{rest:0digits$}");
    let fraction = if rest == 0 {
        ""
    } else {
        fraction.trim_end_matches('0')
    };
    let (hours, minutes) = (whole / 3600, whole / 60 % 60);
    match (name, whole) {
        ("s", 3600..) => format!("{hours}h{minutes}m{}{fraction}s", whole % 60),
        ("s", 60..) => format!("{minutes}m{}{fraction}s", whole % 60),
        _ => format!("{whole}{fraction}{name}"),
    }
}

/// `resource.Quantity`: its canonical text.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(transparent)]
pub struct Text {
    #[prost(string, required, tag = "1")]
    pub string: String,
}

impl From<Quantity> for Text {
    fn from(quantity: Quantity) -> Self {
        Self {
            string: quantity.to_string(),
        }
    }
}

impl From<Binary> for Text {
    fn from(quantity: Binary) -> Self {
        Self {
            string: quantity.to_string(),
        }
    }
}

/// `metav1.LabelSelector`
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    #[prost(btree_map = "string, string", tag = "1")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "2")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Expression>,
}

/// `metav1.LabelSelectorRequirement`
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct Expression {
    #[prost(string, required, tag = "1")]
    pub key: String,
    #[prost(string, required, tag = "2")]
    pub operator: String,
    #[prost(string, repeated, tag = "3")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// `key=value` goes to `matchLabels`, where a key has one place; all others are expressions. Upstream
    /// cannot express `!=` and fails; it means the same as `notin` with one value. Without requirements
    /// there is no selector.
    pub(super) fn of(selector: &Selector) -> Option<Self> {
        if selector.is_empty() {
            return None;
        }
        let mut out = Self::default();
        for requirement in selector.requirements() {
            let operator = match (requirement.operator(), requirement.values()) {
                (Operator::Equals | Operator::DoubleEquals, [value]) => {
                    let key = requirement.key().to_owned();
                    if out.match_labels.entry(key).or_insert_with(|| value.clone()) == value {
                        continue;
                    }
                    "In"
                }
                (Operator::Equals | Operator::DoubleEquals | Operator::In, _) => "In",
                (Operator::NotEquals | Operator::NotIn, _) => "NotIn",
                (Operator::Exists, _) => "Exists",
                (Operator::DoesNotExist, _) => "DoesNotExist",
                (Operator::GreaterThan, _) => "Gt",
                (Operator::LessThan, _) => "Lt",
            };
            out.match_expressions.push(Expression {
                key: requirement.key().to_owned(),
                operator: operator.to_owned(),
                values: requirement.values().to_vec(),
            });
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0s")]
    #[case(300_000_000_000, "5m0s")]
    #[case(60_000_000_000, "1m0s")]
    #[case(59_000_000_000, "59s")]
    #[case(5_400_000_000_000, "1h30m0s")]
    #[case(3_661_500_000_000, "1h1m1.5s")]
    #[case(1_500_000_000, "1.5s")]
    #[case(250_000_000, "250ms")]
    #[case(1_001, "1.001µs")]
    #[case(1, "1ns")]
    fn a_window_is_written_as_go_writes_durations(#[case] nanoseconds: u64, #[case] text: &str) {
        assert_eq!(go_duration(nanoseconds), text);
    }

    #[test]
    fn a_selector_is_echoed_as_labels_and_expressions() {
        let selector =
            Selector::parse("code=200,code=200,a==b,a=c,x in (2,1),y notin (z),e,!n,d!=1").unwrap();
        let echoed = serde_json::to_string(&LabelSelector::of(&selector)).unwrap();
        insta::assert_snapshot!(echoed, @r#"{"matchLabels":{"a":"b","code":"200"},"matchExpressions":[{"key":"a","operator":"In","values":["c"]},{"key":"d","operator":"NotIn","values":["1"]},{"key":"e","operator":"Exists"},{"key":"n","operator":"DoesNotExist"},{"key":"x","operator":"In","values":["1","2"]},{"key":"y","operator":"NotIn","values":["z"]}]}"#);
    }
}
