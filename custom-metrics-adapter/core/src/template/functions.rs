//! The functions of Go's `text/template` that make sense in a query.

use std::{borrow::Cow, cmp::Ordering};

use super::{escape, format::printf, value::Value};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Function {
    And,
    Or,
    Not,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Index,
    Slice,
    Len,
    Print,
    Printf,
    Println,
    Html,
    Js,
    UrlQuery,
    Call,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "or" => Self::Or,
            "not" => Self::Not,
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "lt" => Self::Lt,
            "le" => Self::Le,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "index" => Self::Index,
            "slice" => Self::Slice,
            "len" => Self::Len,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "html" => Self::Html,
            "js" => Self::Js,
            "urlquery" => Self::UrlQuery,
            "call" => Self::Call,
            _ => return None,
        })
    }

    /// `and` and `or` are decided by their caller, argument by argument.
    pub(super) fn call(self, arguments: &[Value]) -> Result<Value, String> {
        match (self, arguments) {
            (Self::And | Self::Or, [.., last]) => Ok(last.clone()),
            (Self::Not, [value]) => Ok(Value::Bool(!value.truth())),
            (Self::Eq, [first, others @ ..]) if !others.is_empty() => {
                let mut equal = false;
                for other in others {
                    equal |= equals(first, other)?;
                }
                Ok(Value::Bool(equal))
            }
            (Self::Ne, [one, other]) => equals(one, other).map(|equal| Value::Bool(!equal)),
            (Self::Lt, [one, other]) => order(one, other).map(|order| Value::Bool(order.is_lt())),
            (Self::Le, [one, other]) => order(one, other).map(|order| Value::Bool(order.is_le())),
            (Self::Gt, [one, other]) => order(one, other).map(|order| Value::Bool(order.is_gt())),
            (Self::Ge, [one, other]) => order(one, other).map(|order| Value::Bool(order.is_ge())),
            (Self::Index, [Value::Missing, ..]) => Err("index of a missing value".to_owned()),
            (Self::Index, [item, keys @ ..]) => index(item, keys),
            (Self::Slice, [item, bounds @ ..]) if bounds.len() <= 2 => slice(item, bounds),
            (Self::Len, [value]) => len(value),
            (Self::Print, values) => Ok(Value::Text(print(values))),
            (Self::Println, values) => {
                let words: Vec<_> = values.iter().map(argument).collect();
                Ok(Value::Text(words.join(" ") + "\n"))
            }
            (Self::Printf, [Value::Text(format), values @ ..]) => {
                printf(format, values).map(Value::Text)
            }
            (Self::Html, values) => Ok(Value::Text(escape::html(&shown(values)))),
            (Self::Js, values) => Ok(Value::Text(escape::js(&shown(values)))),
            (Self::UrlQuery, values) => Ok(Value::Text(escape::urlquery(&shown(values)))),
            (Self::Call, [value, ..]) => {
                Err(format!("call of a {}, which is no function", value.kind()))
            }
            _ => Err(format!("wrong arguments for {self:?}").to_lowercase()),
        }
    }
}

fn incompatible(one: &Value, other: &Value) -> String {
    format!(
        "incompatible types for comparison: {} and {}",
        one.kind(),
        other.kind()
    )
}

fn equals(one: &Value, other: &Value) -> Result<bool, String> {
    match (one, other) {
        (Value::Missing, _) | (_, Value::Missing) => Ok(one == other),
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        _ => order(one, other).map(Ordering::is_eq),
    }
}

fn order(one: &Value, other: &Value) -> Result<Ordering, String> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Ok(one.cmp(other)),
        (Value::Float(one), Value::Float(other)) => Ok(one.total_cmp(other)),
        (Value::Text(one), Value::Text(other)) => Ok(one.cmp(other)),
        _ => Err(incompatible(one, other)),
    }
}

/// A missing key is the empty string: all maps of a rule hold strings.
fn index(item: &Value, keys: &[Value]) -> Result<Value, String> {
    let mut item = item.clone();
    for key in keys {
        item = match (item, key) {
            (Value::Map(mut entries), Value::Text(key)) => {
                entries.remove(key).unwrap_or_else(|| Value::text(""))
            }
            (Value::List(items), Value::Int(place)) => usize::try_from(*place)
                .ok()
                .and_then(|place| items.into_iter().nth(place))
                .ok_or_else(|| format!("index out of range: {place}"))?,
            // A byte of it, as Go has it.
            (Value::Text(text), Value::Int(place)) => usize::try_from(*place)
                .ok()
                .and_then(|place| text.as_bytes().get(place))
                .map(|byte| Value::Int(i64::from(*byte)))
                .ok_or_else(|| format!("index out of range: {place}"))?,
            (item, key) => {
                return Err(format!(
                    "cannot index a {} with a {}",
                    item.kind(),
                    key.kind()
                ));
            }
        };
    }
    Ok(item)
}

fn slice(item: &Value, bounds: &[Value]) -> Result<Value, String> {
    let length = match item {
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        _ => return Err(format!("cannot slice a {}", item.kind())),
    };
    let bound = |place: usize, default: usize| match bounds.get(place) {
        None => Ok(default),
        Some(Value::Int(bound)) => {
            usize::try_from(*bound).map_err(|_| format!("index out of range: {bound}"))
        }
        Some(other) => Err(format!("cannot slice with a {}", other.kind())),
    };
    let range = bound(0, 0)?..bound(1, length)?;
    let sliced = match item {
        Value::Text(text) => text.get(range.clone()).map(Value::text),
        Value::List(items) => items
            .get(range.clone())
            .map(|items| Value::List(items.to_vec())),
        _ => None,
    };
    sliced.ok_or_else(|| format!("index out of range: {}:{}", range.start, range.end))
}

fn len(value: &Value) -> Result<Value, String> {
    let length = match value {
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return Err(format!("a {} has no length", value.kind())),
    };
    i64::try_from(length)
        .map(Value::Int)
        .map_err(|error| error.to_string())
}

/// A space stands between two values unless one of them is a string.
fn print(values: &[Value]) -> String {
    let mut out = String::new();
    let mut after_text = true;
    for value in values {
        let text = matches!(value, Value::Text(_));
        if !text && !after_text {
            out.push(' ');
        }
        out.push_str(&argument(value));
        after_text = text;
    }
    out
}

/// A missing value that is printed by a function, and not by an action.
fn argument(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Missing => "<nil>".into(),
        value => value.print(),
    }
}

/// What the escaping functions see: there, a missing value is a text.
fn shown(values: &[Value]) -> String {
    let values = values.iter().map(|value| match value {
        Value::Missing => Value::text("<no value>"),
        value => value.clone(),
    });
    print(&values.collect::<Vec<_>>())
}
