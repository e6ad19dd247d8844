//! Where two answers differ. Pure.

pub mod keyed;
pub mod normal;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use self::keyed::Keyed;
use super::answer::Answer;

/// Headers that change what a client or a cache does.
const HEADERS: [&str; 9] = [
    "content-type",
    "content-encoding",
    "cache-control",
    "vary",
    "x-content-type-options",
    "retry-after",
    "allow",
    "location",
    "warning",
];
/// Their values name the server's own things; being there is what counts.
const PRESENT: [&str; 1] = ["etag"];
/// One place in which two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `answer` (status and body, when these are of another kind), `header NAME`, or a place in the
    /// body such as `/items/0/value`.
    pub at: String,
    pub rival: String,
    pub ours: String,
}

/// Every difference; none means the same answer. `now` is when both were given.
pub fn compare(rival: &Answer, ours: &Answer, now: Timestamp) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut note = |at: String, rival: String, ours: String| {
        if rival != ours {
            differences.push(Difference { at, rival, ours });
        }
    };
    for name in HEADERS {
        note(
            format!("header {name}"),
            rival.header(name),
            ours.header(name),
        );
    }
    for name in PRESENT {
        let present = |answer: &Answer| !answer.header(name).is_empty();
        note(
            format!("header {name}"),
            present(rival).to_string(),
            present(ours).to_string(),
        );
    }
    match (rival.decode(), ours.decode()) {
        (Ok(theirs), Ok(own)) => {
            let (theirs, own) = (normal::form(theirs, now), normal::form(own, now));
            let alike = rival.status == ours.status && kind(&theirs) == kind(&own);
            if alike && !is_specification(&theirs) {
                walk("", "", &theirs, &own, &mut note);
            } else {
                // Another kind of answer is one difference, not one per field.
                let text = |status, body| format!("{status} {body}");
                note(
                    "answer".to_owned(),
                    text(rival.status, theirs),
                    text(ours.status, own),
                );
            }
        }
        (theirs, own) => {
            let text = |status, body: Result<Value, _>| match body {
                Ok(body) => format!("{status} {body}"),
                Err(error) => format!("{status} unreadable: {error}"),
            };
            let (theirs, own) = (text(rival.status, theirs), text(ours.status, own));
            // Unreadable on both sides is no agreement.
            let own = if theirs == own {
                format!("{own} (as well)")
            } else {
                own
            };
            note("answer".to_owned(), theirs, own);
        }
    }
    differences
}

fn kind(body: &Value) -> Option<&Value> {
    body.get("kind")
}

/// OpenAPI: a document about the server, which is another one.
fn is_specification(body: &Value) -> bool {
    body.get("swagger").is_some() || body.get("openapi").is_some()
}

/// `name` is the last word of the place `at`.
fn walk(
    at: &str,
    name: &str,
    rival: &Value,
    ours: &Value,
    note: &mut impl FnMut(String, String, String),
) {
    match (rival, ours) {
        (Value::Object(theirs), Value::Object(own)) => {
            let theirs = theirs.iter().map(|(key, value)| (key.as_str(), value));
            let own = own.iter().map(|(key, value)| (key.as_str(), value));
            walk_entries(at, &theirs.collect(), &own.collect(), note);
        }
        (Value::Array(theirs), Value::Array(own)) => {
            match (Keyed::of(name, theirs), Keyed::of(name, own)) {
                (Some(theirs), Some(own)) => {
                    note(
                        format!("{at} order"),
                        theirs.order(&own),
                        own.order(&theirs),
                    );
                    let theirs = theirs
                        .entries
                        .iter()
                        .map(|(key, value)| (key.as_str(), *value));
                    let own = own
                        .entries
                        .iter()
                        .map(|(key, value)| (key.as_str(), *value));
                    walk_entries(at, &theirs.collect(), &own.collect(), note);
                }
                _ if theirs.len() == own.len() => {
                    for (number, (value, other)) in theirs.iter().zip(own).enumerate() {
                        walk(&format!("{at}/{number}"), "", value, other, note);
                    }
                }
                _ => note(at.to_owned(), rival.to_string(), ours.to_string()),
            }
        }
        (Value::String(theirs), Value::String(own)) if is_message(at) => {
            if !continues(theirs, own) {
                note(at.to_owned(), rival.to_string(), ours.to_string());
            }
        }
        _ => note(
            if at.is_empty() { "answer" } else { at }.to_owned(),
            rival.to_string(),
            ours.to_string(),
        ),
    }
}

fn walk_entries(
    at: &str,
    rival: &BTreeMap<&str, &Value>,
    ours: &BTreeMap<&str, &Value>,
    note: &mut impl FnMut(String, String, String),
) {
    for (key, value) in rival {
        let place = format!("{at}/{key}");
        match ours.get(key) {
            Some(other) => walk(&place, key, value, other, note),
            None => note(place, value.to_string(), String::new()),
        }
    }
    for (key, value) in ours.iter().filter(|(key, _)| !rival.contains_key(*key)) {
        note(format!("{at}/{key}"), String::new(), value.to_string());
    }
}

/// The messages of a Status and of its causes.
fn is_message(at: &str) -> bool {
    at == "/message" || at.starts_with("/details/causes/") && at.ends_with("/message")
}

/// A reason of ours may follow the rival's words.
fn continues(theirs: &str, own: &str) -> bool {
    own.strip_prefix(theirs).is_some_and(|reason| {
        reason.is_empty() || !theirs.is_empty() && !reason.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests;
