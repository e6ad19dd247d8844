//! What a template computes with, and how Go prints it.

use std::{borrow::Cow, collections::BTreeMap};

/// A value of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A key that a map does not have.
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    /// Keys are the data's own; one that is not there is [`Value::Missing`].
    Map(BTreeMap<String, Self>),
    /// Fields are the program's own; one that is not there is an error.
    Record(Vec<(&'static str, Self)>),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What `if`, `and` and `not` see: empty and zero are false.
    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Missing => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            Self::Record(_) => true,
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Missing => "missing value",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Record(_) => "record",
        }
    }

    /// The text of `%v`.
    pub(super) fn print(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => "<no value>".into(),
            Self::Bool(value) => value.to_string().into(),
            Self::Int(value) => value.to_string().into(),
            Self::Float(value) => float(*value).into(),
            Self::Text(text) => text.into(),
            Self::List(items) => bracketed("[", items.iter().map(Self::print), "]").into(),
            Self::Record(fields) => {
                bracketed("{", fields.iter().map(|(_, value)| value.print()), "}").into()
            }
            Self::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| format!("{key}:{}", value.print()).into());
                bracketed("map[", entries, "]").into()
            }
        }
    }
}

fn bracketed<'a>(open: &str, items: impl Iterator<Item = Cow<'a, str>>, close: &str) -> String {
    let items: Vec<_> = items.collect();
    format!("{open}{}{close}", items.join(" "))
}

/// Go's `%v` of a float64: an exponent of at least two digits below 1e-4 and from 1e21 on.
fn float(value: f64) -> String {
    let exponential = format!("{value:e}");
    let Some((mantissa, exponent)) = exponential.split_once('e') else {
        return match exponential.as_str() {
            "inf" => "+Inf".to_owned(),
            "-inf" => "-Inf".to_owned(),
            _ => exponential,
        };
    };
    match exponent.parse::<i32>() {
        Ok(exponent @ ..-4) => format!("{mantissa}e-{:02}", -exponent),
        Ok(exponent @ 21..) => format!("{mantissa}e+{exponent:02}"),
        _ => format!("{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1.5, "1.5")]
    #[case(0.0, "0")]
    #[case(1e20, "100000000000000000000")]
    #[case(1e21, "1e+21")]
    #[case(0.0001, "0.0001")]
    #[case(0.000_012, "1.2e-05")]
    #[case(f64::NEG_INFINITY, "-Inf")]
    fn floats_print_as_in_go(#[case] value: f64, #[case] text: &str) {
        assert_eq!(float(value), text);
    }
}
