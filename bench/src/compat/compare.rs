//! Where two answers differ. Pure.

pub mod normal;

use jiff::Timestamp;
use serde_json::Value;

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
/// Longer values are cut: a difference is read by people.
const LONGEST: usize = 700;

/// One place in which two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `status`, `header NAME`, `body`, or a place in the body such as `/items/0/value`.
    pub at: String,
    pub rival: String,
    pub ours: String,
}

/// Every difference; none means the same answer. `now` is when both were given.
pub fn compare(rival: &Answer, ours: &Answer, now: Timestamp) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut note = |at: String, rival: String, ours: String| {
        if rival != ours {
            differences.push(Difference {
                at,
                rival: cut(rival),
                ours: cut(ours),
            });
        }
    };
    note(
        "status".to_owned(),
        rival.status.to_string(),
        ours.status.to_string(),
    );
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
            // Another status is another kind of body: one difference, not one per field.
            let alike = rival.status == ours.status && kind(&theirs) == kind(&own);
            if alike && !is_specification(&theirs) {
                walk("", &theirs, &own, &mut note);
            } else if theirs != own {
                note("body".to_owned(), theirs.to_string(), own.to_string());
            }
        }
        (theirs, own) => {
            let text = |body: Result<Value, _>| match body {
                Ok(body) => body.to_string(),
                Err(error) => format!("unreadable: {error}"),
            };
            let (theirs, own) = (text(theirs), text(own));
            // Unreadable on both sides is no agreement.
            if theirs == own {
                note("body".to_owned(), theirs, format!("{own} (as well)"));
            } else {
                note("body".to_owned(), theirs, own);
            }
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

fn walk(at: &str, rival: &Value, ours: &Value, note: &mut impl FnMut(String, String, String)) {
    match (rival, ours) {
        (Value::Object(theirs), Value::Object(own)) => {
            for (key, value) in theirs {
                let place = format!("{at}/{key}");
                match own.get(key) {
                    Some(other) => walk(&place, value, other, note),
                    None => note(place, value.to_string(), String::new()),
                }
            }
            for (key, value) in own.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
                note(format!("{at}/{key}"), String::new(), value.to_string());
            }
        }
        (Value::Array(theirs), Value::Array(own)) if theirs.len() == own.len() => {
            for (number, (value, other)) in theirs.iter().zip(own).enumerate() {
                walk(&format!("{at}/{number}"), value, other, note);
            }
        }
        // A reason of ours may follow the rival's words.
        (Value::String(theirs), Value::String(own)) if at == "/message" => {
            let continues = own.strip_prefix(theirs.as_str()).is_some_and(|reason| {
                reason.is_empty()
                    || !theirs.is_empty() && !reason.starts_with(char::is_alphanumeric)
            });
            if !continues {
                note(at.to_owned(), rival.to_string(), ours.to_string());
            }
        }
        _ => note(
            if at.is_empty() { "body" } else { at }.to_owned(),
            rival.to_string(),
            ours.to_string(),
        ),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        // The length keeps two long texts apart that begin the same.
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
