//! What `compat` measures, and its bars.

use serde_json::{Value, json};

use super::judge::Judged;
use crate::{
    measure::{Bar, Measure},
    report::Row,
    rounds::Pair,
};

pub const TITLE: &str = "\
Every answer of both adapters compared: the same configuration file and command line, the same scripted Prometheus, the same \
kube-apiserver with the same objects. Status, headers that matter and decoded bodies (JSON, YAML, protobuf) must be the same, \
or differ in a way that is on the reviewed list (`bench/compat/differences.yaml`), each entry with its reason and the section of \
[MIGRATING.md](MIGRATING.md) that says so.";

pub const MEASURES: [Measure; 9] = [
    Measure {
        id: "C1",
        what: "requests",
        unit: "",
        bar: Bar::EachAtLeast(400.0),
        why: "all groups, versions, verbs, forms of answers, selectors, mistakes and odd numbers take about so many",
    },
    Measure {
        id: "C2",
        what: "configurations",
        unit: "",
        bar: Bar::EachAtLeast(40.0),
        why: "the shapes that people publish",
    },
    Measure {
        id: "C3",
        what: "answered 200 with items",
        unit: "%",
        bar: Bar::BothAtLeast(60.0),
        why: "two servers that refuse everything agree as well",
    },
    Measure {
        id: "C4",
        what: "same answer",
        unit: "%",
        bar: Bar::EachAtLeast(80.0),
        why: "a successor whose every fifth answer is another, on purpose or not, is another product",
    },
    Measure {
        id: "C5",
        what: "different as reviewed",
        unit: "%",
        bar: Bar::EachAtMost(20.0),
        why: "the rest of C4",
    },
    Measure {
        id: "C6",
        what: "different and unexplained",
        unit: "",
        bar: Bar::EachAtMost(0.0),
        why: "each one is a surprise to somebody who switches",
    },
    Measure {
        id: "C7",
        what: "reviewed differences that do not occur",
        unit: "",
        bar: Bar::EachAtMost(0.0),
        why: "an entry that explains nothing would excuse a mistake to come",
    },
    Measure {
        id: "C8",
        what: "kinds of faults planted into our answers",
        unit: "",
        bar: Bar::EachAtLeast(12.0),
        why: "a comparison is worth what it notices",
    },
    Measure {
        id: "C9",
        what: "planted faults not noticed",
        unit: "",
        bar: Bar::EachAtMost(0.0),
        why: "as C8",
    },
];

/// Judged rows. A run of some cases only cannot make C1, C2 and C7.
pub fn rows(judged: &Judged) -> Vec<Row> {
    MEASURES
        .iter()
        .map(|measure| match samples(measure.id, judged) {
            Some(pair) => {
                let mut row = Row::judged(measure, vec![pair]);
                if pair.rival.is_none() {
                    // Not "never": there is no such number.
                    row.spread.rival = None;
                }
                row
            }
            None => Row::not_run(measure, "it takes every configuration"),
        })
        .collect()
}

fn samples(id: &str, judged: &Judged) -> Option<Pair> {
    let complete = judged.unused.is_some();
    let share = |count: usize| percent(count, judged.requests);
    let intended = judged.intended.values().sum();
    let (rival, ours) = match id {
        "C1" if complete => (None, number(judged.requests)),
        "C2" if complete => (None, number(judged.cases)),
        "C3" => (
            Some(share(judged.rival_with_items)),
            share(judged.ours_with_items),
        ),
        "C4" => (None, share(judged.same)),
        "C5" => (None, share(intended)),
        "C6" => (None, number(judged.unexplained.len())),
        "C7" => (None, number(judged.unused.as_ref()?.len())),
        "C8" => (
            None,
            number(
                judged
                    .faults
                    .iter()
                    .filter(|fault| fault.planted > 0)
                    .count(),
            ),
        ),
        "C9" => (
            None,
            number(judged.faults.iter().map(|fault| fault.missed.len()).sum()),
        ),
        _ => return None,
    };
    Some(Pair {
        rival,
        ours: Some(ours),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
fn number(count: usize) -> f64 {
    count as f64
}

fn percent(count: usize, of: usize) -> f64 {
    100.0 * number(count) / number(of.max(1))
}

/// What the report keeps beyond its rows: which reviewed differences occur how often, and how
/// often each fault was planted.
pub fn details(judged: &Judged) -> Vec<Value> {
    vec![json!({
        "intended": judged.intended,
        "faults": judged
            .faults
            .iter()
            .map(|fault| (fault.name, fault.planted))
            .collect::<std::collections::BTreeMap<_, _>>(),
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged() -> Judged {
        Judged {
            cases: 40,
            requests: 500,
            rival_with_items: 350,
            ours_with_items: 349,
            same: 450,
            intended: [("nan".to_owned(), 50)].into(),
            unused: Some(Vec::new()),
            faults: (0..12)
                .map(|_| super::super::judge::Planted {
                    name: "a",
                    planted: 1,
                    missed: Vec::new(),
                })
                .collect(),
            ..Judged::default()
        }
    }

    fn met(judged: &Judged) -> Vec<Option<bool>> {
        rows(judged).iter().map(|row| row.met).collect()
    }

    #[test]
    fn a_clean_run_meets_every_bar() {
        assert_eq!(met(&judged()), [Some(true); MEASURES.len()]);
    }

    #[test]
    fn a_few_refusals_of_the_rival_or_of_ours_miss_the_share_of_items() {
        for (rival, ours) in [(299, 400), (400, 299)] {
            let few = Judged {
                rival_with_items: rival,
                ours_with_items: ours,
                ..judged()
            };
            assert_eq!(met(&few)[2], Some(false));
        }
    }

    #[test]
    fn an_unused_entry_or_a_missed_fault_misses_its_bar() {
        let mut bad = judged();
        bad.unused = Some(vec!["never".to_owned()]);
        bad.faults[0].missed.push("somewhere".to_owned());
        assert_eq!((met(&bad)[6], met(&bad)[8]), (Some(false), Some(false)));
    }

    #[test]
    fn a_run_of_some_cases_leaves_out_what_takes_all() {
        let some = Judged {
            unused: None,
            ..judged()
        };
        let met = met(&some);
        assert_eq!((met[0], met[1], met[6]), (None, None, None));
        assert_eq!(met[5], Some(true));
    }
}
