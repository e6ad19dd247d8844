//! YAML as `sigs.k8s.io/yaml` makes it of JSON: block style, keys sorted, lists not indented.

use std::fmt::Write as _;

use serde_json::Value;

/// The document. Keys come sorted, because that is how [`Value`] keeps them.
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if map.is_empty() => out.push_str("{}\n"),
        Value::Array(list) if list.is_empty() => out.push_str("[]\n"),
        Value::Object(_) | Value::Array(_) => block(&mut out, value, 0),
        other => line(&mut out, &scalar(other)),
    }
    out
}

/// Writes a map or a list; the caller has indented the first line.
fn block(out: &mut String, value: &Value, indent: usize) {
    let mut first = true;
    let mut begin = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                begin(out);
                out.push_str(&text(key));
                out.push(':');
                member(out, value, indent);
            }
        }
        Value::Array(list) => {
            for value in list {
                begin(out);
                out.push('-');
                element(out, value, indent + 2);
            }
        }
        _ => {}
    }
}

fn member(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            line(out, "");
            out.extend(std::iter::repeat_n(' ', indent + 2));
            block(out, value, indent + 2);
        }
        // A list stands no deeper than its key.
        Value::Array(list) if !list.is_empty() => {
            line(out, "");
            out.extend(std::iter::repeat_n(' ', indent));
            block(out, value, indent);
        }
        other => line(out, &format!(" {}", scalar(other))),
    }
}

fn element(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push(' ');
            block(out, value, indent);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push(' ');
            block(out, value, indent);
        }
        other => line(out, &format!(" {}", scalar(other))),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// Plain where that can only be read as this very text, single quoted where punctuation would mislead, else
/// double quoted.
fn text(text: &str) -> String {
    let printable = text.chars().all(|c| (' '..='~').contains(&c));
    if !printable || reads_as_another_type(text) {
        double_quoted(text)
    } else if needs_quotes(text) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        text.to_owned()
    }
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c == '\u{feff}' || ('\u{2028}'..='\u{2029}').contains(&c) => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Numbers, times, booleans and nothing, in the widest sense that YAML 1.1 has of them.
fn reads_as_another_type(text: &str) -> bool {
    const WORDS: [&str; 15] = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "<<",
        "=",
    ];
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['+', '-']);
    // Any text of digits and what may stand in numbers and times: quoting one too many does no harm.
    let numeric = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "xobtz_.:+- ".contains(c));
    numeric || WORDS.contains(&unsigned) || WORDS.contains(&lower.as_str())
}

fn needs_quotes(text: &str) -> bool {
    text.starts_with(|c: char| "-?:,[]{}#&*!|>'\"%@` ".contains(c))
        && !text
            .strip_prefix(['-', '?', ':'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_looks_as_kubernetes_writes_it() {
        let list = json!({
            "kind": "MetricValueList",
            "apiVersion": "custom.metrics.k8s.io/v1beta2",
            "metadata": {},
            "items": [{
                "describedObject": {"kind": "Pod", "name": "pod-a", "apiVersion": "/v1"},
                "metric": {"name": "http_requests_per_second", "selector": null},
                "timestamp": "2026-11-22T00:58:56Z",
                "value": "16m",
            }, {"value": "1500", "empty": [], "nested": [[1, "on"], ["a: b"]]}],
        });
        insta::assert_snapshot!(yaml(&list), @r#"
        apiVersion: custom.metrics.k8s.io/v1beta2
        items:
        - describedObject:
            apiVersion: /v1
            kind: Pod
            name: pod-a
          metric:
            name: http_requests_per_second
            selector: null
          timestamp: "2026-11-22T00:58:56Z"
          value: 16m
        - empty: []
          nested:
          - - 1
            - "on"
          - - 'a: b'
          value: "1500"
        kind: MetricValueList
        metadata: {}
        "#);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let texts = prop_oneof![
            ".{0,12}",
            "[-+.0-9eExob_:TZ~a-f ]{0,8}",
            "(yes|No|NULL|~|<<|=|true|\\.inf|0x1f|1_000|12:30:45|2026-11-22)",
            "[-?:,\\[\\]{}#&*!|>'\"%@` a]{0,6}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            texts.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(texts.clone(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in any_json()) {
            let text = yaml(&value);
            let read: Value = serde_saphyr::from_str(&text)
                .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(read, value, "{}", text);
        }
    }
}
