//! What Kubernetes allows as label keys and values, with its own wording.

use super::{Operator, SelectorError};
use crate::quote::quote;

/// Limits of `k8s.io/apimachinery/pkg/util/validation`.
const NAME_MAX: usize = 63;
const SUBDOMAIN_MAX: usize = 253;

const NAME: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn too_long(max: usize) -> String {
    format!("must be no more than {max} characters")
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn is_subdomain(text: &str) -> bool {
    let lower = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.split('.').all(|part| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(lower)
            && bytes.last().is_some_and(lower)
            && bytes.iter().all(|byte| lower(byte) || *byte == b'-')
    })
}

fn invalid(place: &str, value: &str, problems: &[String]) -> Result<(), SelectorError> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(SelectorError(format!(
        "{place}: Invalid value: {}: {}",
        quote(value),
        problems.join("; ")
    )))
}

/// A label key: a name of at most 63 characters, with an optional DNS subdomain and `/` before it.
pub(super) fn key(key: &str) -> Result<(), SelectorError> {
    let mut problems = vec![];
    let name = match key.split_once('/') {
        None => key,
        Some((_, name)) if name.contains('/') => {
            let problem = format!(
                "a qualified name {NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            );
            return invalid("<nil>", key, &[problem]);
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                if prefix.len() > SUBDOMAIN_MAX {
                    problems.push(format!("prefix part {}", too_long(SUBDOMAIN_MAX)));
                }
                if !is_subdomain(prefix) {
                    problems.push(format!("prefix part {SUBDOMAIN}"));
                }
            }
            name
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > NAME_MAX {
        problems.push(format!("name part {}", too_long(NAME_MAX)));
    }
    if !is_name(name) {
        problems.push(format!("name part {NAME}"));
    }
    invalid("<nil>", key, &problems)
}

fn value(key: &str, index: usize, value: &str) -> Result<(), SelectorError> {
    let mut problems = vec![];
    if value.len() > NAME_MAX {
        problems.push(too_long(NAME_MAX));
    }
    if !value.is_empty() && !is_name(value) {
        problems.push(VALUE.to_owned());
    }
    invalid(&format!("values[{index}][{key}]"), value, &problems)
}

/// Everything about one requirement; `values` are sorted and unique.
pub(super) fn requirement(
    name: &str,
    operator: Operator,
    values: &[String],
) -> Result<(), SelectorError> {
    key(name)?;
    let problem = match operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            "for 'in', 'notin' operators, values set can't be empty"
        }
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if values.len() != 1 => {
            "exact-match compatibility requires one single value"
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            "values set must be empty for exists and does not exist"
        }
        Operator::GreaterThan | Operator::LessThan if values.len() != 1 => {
            "for 'Gt', 'Lt' operators, exactly one value is required"
        }
        _ => "",
    };
    if !problem.is_empty() {
        let shown: Vec<String> = values.iter().map(|value| quote(value)).collect();
        return Err(SelectorError(format!(
            "values: Invalid value: [{}]: {problem}",
            shown.join(",")
        )));
    }
    let compares = matches!(operator, Operator::GreaterThan | Operator::LessThan);
    for (index, text) in values.iter().enumerate() {
        if compares && text.parse::<i64>().is_err() {
            let problem = "for 'Gt', 'Lt' operators, the value must be an integer".to_owned();
            return invalid(&format!("values[{index}]"), text, &[problem]);
        }
        value(name, index, text)?;
    }
    Ok(())
}
