//! Deliberate faults in answers of ours: a comparison that lets one pass proves nothing. Pure.

pub mod edit;

use serde_json::json;

use self::edit::{
    change, cut_body, edit, first_use, flip, flip_in_place, item, list, status, swap_values,
    wrong_content_type, wrong_entry, wrong_metric, wrong_selector,
};
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
        plant: |a| list(a, "items", |items| swap_values(items)),
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
