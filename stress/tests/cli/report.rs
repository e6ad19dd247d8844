//! The JSON report keeps the promise of `report.schema.json`.

use std::fs;

use serde_json::Value;

use super::{
    closed_port, load,
    server::{Answer, OK, Server},
    stress,
};

/// Checks the part of JSON Schema that `report.schema.json` uses, and stricter: every property
/// named by the schema must be there.
fn conforms(value: &Value, schema: &Value, at: &str) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let fits = |allowed: &Value| allowed == kind || (allowed == "number" && kind == "integer");
    assert!(allowed.iter().any(fits), "{at}: {kind} is not {allowed:?}");
    assert!(
        schema["description"].is_string() || at.ends_with(".*"),
        "{at} is not described"
    );
    let Value::Object(fields) = value else {
        return;
    };
    let none = serde_json::Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    for name in properties.keys() {
        assert!(fields.contains_key(name), "{at}.{name} is missing");
    }
    for (name, field) in fields {
        match (properties.get(name), &schema["additionalProperties"]) {
            (Some(property), _) => conforms(field, property, &format!("{at}.{name}")),
            (None, Value::Object(any)) => {
                conforms(field, &Value::Object(any.clone()), &format!("{at}.*"));
            }
            (None, _) => unreachable!("{at}.{name} is not in the schema"),
        }
    }
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../report.schema.json")).unwrap()
}

#[test]
fn a_real_report_has_exactly_the_fields_of_the_schema() {
    let good = Server::start(Answer {
        pods: &[(0, 1)],
        ..OK
    });
    let bad = Server::start(Answer {
        status: "500 Internal Server Error",
        ..OK
    });
    for url in [good.url(), bad.url(), closed_port()] {
        for flags in ["--rate 100 --duration 50ms", "-n 5 -c 2"] {
            let run = load(&url, &format!("{flags} --wait-ready 0s"));
            conforms(&run.report(), &schema(), "report");
        }
    }
}

#[test]
fn the_schema_requires_what_it_names() {
    fn check(schema: &Value, at: &str) {
        let Some(properties) = schema["properties"].as_object() else {
            return;
        };
        let required: Vec<_> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let named: Vec<_> = properties.keys().map(String::as_str).collect();
        let mut sorted = required.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, named, "{at}");
        for (name, property) in properties {
            check(property, &format!("{at}.{name}"));
        }
    }
    check(&schema(), "report");
}

#[test]
fn a_report_in_a_file_is_the_same_object_and_leaves_stdout_to_people() {
    let server = Server::start(OK);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let run = stress(&[
        "--url",
        &server.url(),
        "-n5",
        "-c1",
        "--json",
        path.to_str().unwrap(),
    ]);
    let written: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    conforms(&written, &schema(), "report");
    let last = run.stdout.trim_end().lines().last();
    assert!(last.unwrap().starts_with("verdict "), "{}", run.stdout);
}
