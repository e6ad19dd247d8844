//! Deliberate faults in answers of ours: a comparison that lets one pass proves nothing. Pure.

use serde_json::{Value, json};

use super::answer::Answer;

/// One kind of mistake.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub name: &'static str,
    /// The answer with the mistake; `None` where it cannot be made.
    pub plant: fn(&Answer) -> Option<Answer>,
}

pub const FAULTS: [Fault; 23] = [
    Fault {
        name: "flipped digit",
        plant: |a| item(a, |item| change(item, "value", flip)),
    },
    Fault {
        name: "flipped digit in protobuf or YAML",
        plant: flip_in_place,
    },
    Fault {
        name: "another unit",
        plant: |a| item(a, |item| change(item, "value", |value| format!("{value}k"))),
    },
    Fault {
        name: "flipped digit in a use",
        plant: |a| {
            edit(a, |body| {
                first_use(body).map(|value| *value = json!(flip(value.as_str().unwrap_or("0"))))
            })
        },
    },
    Fault {
        name: "lost item",
        plant: |a| list(a, "items", |items| items.pop().map(drop)),
    },
    Fault {
        name: "item twice",
        plant: |a| {
            list(a, "items", |items| {
                items.last().cloned().map(|last| items.push(last))
            })
        },
    },
    Fault {
        name: "values swapped",
        plant: |a| list(a, "items", swap_values),
    },
    Fault {
        name: "wrong metric",
        plant: |a| edit(a, wrong_metric),
    },
    Fault {
        name: "wrong object",
        plant: |a| {
            item(a, |item| {
                change(item.get_mut("describedObject")?, "name", |name| {
                    format!("{name}x")
                })
            })
        },
    },
    Fault {
        name: "wrong namespace",
        plant: |a| {
            item(a, |item| {
                change(item.get_mut("describedObject")?, "namespace", |_| {
                    "elsewhere".to_owned()
                })
            })
        },
    },
    Fault {
        name: "wrong label",
        plant: |a| item(a, |item| wrong_entry(item.get_mut("metricLabels")?)),
    },
    Fault {
        name: "wrong selector",
        plant: |a| item(a, wrong_selector),
    },
    Fault {
        name: "old timestamp",
        plant: |a| {
            item(a, |item| {
                change(item, "timestamp", |_| "2001-01-01T00:00:00Z".to_owned())
            })
        },
    },
    Fault {
        name: "field too many",
        plant: |a| {
            item(a, |item| {
                item.as_object_mut()
                    .map(|item| drop(item.insert("window".to_owned(), json!(7))))
            })
        },
    },
    Fault {
        name: "wrong version",
        plant: |a| edit(a, |body| change(body, "apiVersion", |_| "v0".to_owned())),
    },
    Fault {
        name: "wrong code",
        plant: |a| {
            Some(Answer {
                status: if a.status == 200 { 404 } else { 200 },
                ..a.clone()
            })
        },
    },
    Fault {
        name: "wrong reason",
        plant: |a| status(a, |body| change(body, "reason", |_| "Conflict".to_owned())),
    },
    Fault {
        name: "wrong message",
        plant: |a| {
            status(a, |body| {
                change(body, "message", |message| format!("x{message}"))
            })
        },
    },
    Fault {
        name: "lost resource",
        plant: |a| list(a, "resources", |resources| resources.pop().map(drop)),
    },
    Fault {
        name: "wrong verbs",
        plant: |a| {
            list(a, "resources", |resources| {
                resources
                    .first_mut()?
                    .as_object_mut()
                    .map(|resource| drop(resource.insert("verbs".to_owned(), json!(["watch"]))))
            })
        },
    },
    Fault {
        name: "wrong content type",
        plant: wrong_content_type,
    },
    Fault {
        name: "lost cache header",
        plant: |a| {
            let mut answer = a.clone();
            answer.headers.remove("cache-control")?;
            Some(answer)
        },
    },
    Fault {
        name: "cut body",
        plant: cut_body,
    },
];

/// Edits a body of JSON; others stay, so that a fault of one form is not another of the next.
fn edit(answer: &Answer, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Answer> {
    if !answer
        .header("content-type")
        .starts_with("application/json")
    {
        return None;
    }
    let before = answer.decode().ok()?;
    let mut body = before.clone();
    change(&mut body)?;
    if body == before {
        return None;
    }
    let mut answer = answer.clone();
    answer.headers.remove("content-encoding");
    answer.body = body.to_string().into_bytes();
    Some(answer)
}

fn list(
    answer: &Answer,
    name: &str,
    change: impl FnOnce(&mut Vec<Value>) -> Option<()>,
) -> Option<Answer> {
    edit(answer, |body| change(body.get_mut(name)?.as_array_mut()?))
}

fn item(answer: &Answer, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Answer> {
    list(answer, "items", |items| change(items.last_mut()?))
}

fn status(answer: &Answer, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Answer> {
    edit(answer, |body| {
        (body.get("kind")? == "Status").then_some(())?;
        change(body)
    })
}

fn change(object: &mut Value, field: &str, to: impl FnOnce(&str) -> String) -> Option<()> {
    let value = object.get_mut(field)?;
    *value = json!(to(value.as_str()?));
    Some(())
}

/// The last digit becomes the next one.
fn flip(text: &str) -> String {
    let Some(at) = text.rfind(|c: char| c.is_ascii_digit()) else {
        return format!("{text}1");
    };
    let digit = if &text[at..=at] == "9" { "8" } else { "9" };
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

fn first_use(body: &mut Value) -> Option<&mut Value> {
    let pointers = [
        "/usage/cpu",
        "/containers/0/usage/cpu",
        "/items/0/usage/cpu",
        "/items/0/containers/0/usage/cpu",
    ];
    let place = pointers
        .into_iter()
        .find(|place| body.pointer(place).is_some())?;
    body.pointer_mut(place)
}

fn swap_values(items: &mut Vec<Value>) -> Option<()> {
    let (first, rest) = items.split_first_mut()?;
    let last = rest.last_mut()?;
    std::mem::swap(first.get_mut("value")?, last.get_mut("value")?);
    Some(())
}

fn wrong_metric(body: &mut Value) -> Option<()> {
    let item = body.get_mut("items")?.as_array_mut()?.first_mut()?;
    let name = match item.pointer("/metric/name") {
        Some(_) => item.pointer_mut("/metric/name")?,
        None => item.get_mut("metricName")?,
    };
    *name = json!(format!("{}s", name.as_str()?));
    Some(())
}

fn wrong_entry(map: &mut Value) -> Option<()> {
    let map = map.as_object_mut()?;
    let (key, value) = map
        .iter()
        .next()
        .map(|(key, value)| (key.clone(), value.clone()))?;
    map.remove(&key);
    map.insert(format!("{key}_"), value);
    Some(())
}

fn wrong_selector(item: &mut Value) -> Option<()> {
    let selector = match item.pointer("/metric/selector") {
        Some(_) => item.pointer_mut("/metric/selector")?,
        None => item.get_mut("selector")?,
    };
    *selector = if selector.is_null() {
        json!({"matchLabels": {"planted": "yes"}})
    } else {
        Value::Null
    };
    Some(())
}

/// In the bytes of a form that is not edited as a tree.
fn flip_in_place(answer: &Answer) -> Option<Answer> {
    if answer
        .header("content-type")
        .starts_with("application/json")
    {
        return None;
    }
    let body = answer.decode().ok()?;
    let value = body
        .get("items")?
        .as_array()?
        .last()?
        .get("value")?
        .as_str()?
        .to_owned();
    let mut answer = answer.clone();
    answer.body = answer.plain().ok()?;
    answer.headers.remove("content-encoding");
    let at = answer
        .body
        .windows(value.len())
        .rposition(|window| window == value.as_bytes())?;
    answer.body[at..at + value.len()].copy_from_slice(flip(&value).as_bytes());
    Some(answer)
}

fn wrong_content_type(answer: &Answer) -> Option<Answer> {
    let mut answer = answer.clone();
    let kind = answer.headers.get_mut("content-type")?;
    *kind = http::HeaderValue::from_static("application/octet-stream");
    Some(answer)
}

/// The last byte but the line's end, of any form that has an end to notice: text is cut as well as
/// protobuf, YAML only where something is lost by it.
fn cut_body(answer: &Answer) -> Option<Answer> {
    let mut cut = answer.clone();
    let length = answer.body.trim_ascii_end().len();
    cut.body.truncate(length.checked_sub(1)?);
    let lost = match (answer.decode(), cut.decode()) {
        (Ok(before), Ok(after)) => before != after,
        _ => true,
    };
    lost.then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::{
        compare::compare,
        samples::{LIST, STATUS, answer, now},
    };

    const RESOURCES: &str =
        r#"{"kind":"APIResourceList","resources":[{"name":"pods/a","verbs":["get"]}]}"#;
    const EXTERNAL: &str = r#"{"kind":"ExternalMetricValueList","items":[{"metricName":"q","metricLabels":{"a":"b"},"timestamp":"2026-11-22T08:00:00Z","value":"5"}]}"#;
    const NODE: &str = r#"{"kind":"NodeMetrics","usage":{"cpu":"250m","memory":"1Gi"}}"#;

    #[test]
    fn every_kind_of_fault_can_be_planted_and_is_caught() {
        let answers = [
            (200, LIST),
            (404, STATUS),
            (200, RESOURCES),
            (200, EXTERNAL),
            (200, NODE),
        ]
        .map(|(status, body)| answer(status, "application/json", body))
        .into_iter()
        .chain([answer(200, "application/yaml", "items:\n- value: \"15\"\n")])
        .collect::<Vec<_>>();
        for Fault { name, plant } in FAULTS {
            let planted: Vec<_> = answers
                .iter()
                .filter_map(|answer| Some((answer, plant(answer)?)))
                .collect();
            assert!(!planted.is_empty(), "{name} cannot be planted");
            for (answer, planted) in planted {
                assert_ne!(compare(answer, &planted, now()), [], "{name} is not caught");
            }
        }
    }

    #[test]
    fn names_of_faults_are_unique() {
        let mut names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FAULTS.len());
    }
}
