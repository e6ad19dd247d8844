//! The result of a bench as data: what the table, the JSON file and the document are made from. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    measure::Measure,
    rounds::Pair,
    stats::{Sample, Spread},
};

/// One run of one bench.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub bench: String,
    /// What was done, in a sentence or two.
    pub title: String,
    /// Fewer and shorter rounds: a look, not a result.
    pub quick: bool,
    /// Rounds of each side.
    pub rounds: u32,
    pub machine: String,
    pub commit: String,
    /// Year, month and day of the run.
    pub date: String,
    pub rows: Vec<Row>,
    /// What a bench keeps beyond its rows, for a person who wants to know why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<serde_json::Value>,
}

/// One measure of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub what: String,
    pub unit: String,
    /// Medians; `null` when it never happened or was not run.
    pub rival: Sample,
    pub ours: Sample,
    pub ratio: Option<f64>,
    pub bar: String,
    pub why: String,
    /// `null` when it was not run: neither met nor missed.
    pub met: Option<bool>,
    /// Why it was not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_run: Option<String>,
    pub spread: Sides<Option<Spread>>,
    pub rounds: Vec<Pair>,
}

/// A value of each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides<T> {
    pub rival: T,
    pub ours: T,
}

impl Row {
    /// Judges the rounds of a measure. Without rounds of ours the row is not run.
    pub fn judged(measure: &Measure, rounds: Vec<Pair>) -> Self {
        let spread = Sides {
            rival: Spread::of(&rounds.iter().map(|r| r.rival).collect::<Vec<_>>()),
            ours: Spread::of(&rounds.iter().map(|r| r.ours).collect::<Vec<_>>()),
        };
        let Some(ours) = spread.ours else {
            return Self::not_run(measure, "no round of it was made");
        };
        let medians = Sides {
            rival: spread.rival.and_then(|s| s.median),
            ours: ours.median,
        };
        Self {
            rival: medians.rival,
            ours: medians.ours,
            ratio: ratio(medians),
            met: Some(measure.bar.is_met(spread.rival, ours)),
            not_run: None,
            spread,
            rounds,
            ..Self::not_run(measure, "")
        }
    }

    /// A measure that this run could not make, and why.
    pub fn not_run(measure: &Measure, why: &str) -> Self {
        Self {
            id: measure.id.to_owned(),
            what: measure.what.to_owned(),
            unit: measure.unit.to_owned(),
            rival: None,
            ours: None,
            ratio: None,
            bar: measure.bar.to_string(),
            why: measure.why.to_owned(),
            met: None,
            not_run: Some(why.to_owned()),
            spread: Sides::default(),
            rounds: Vec::new(),
        }
    }
}

fn ratio(medians: Sides<Sample>) -> Option<f64> {
    let (rival, ours) = (medians.rival?, medians.ours?);
    (rival != 0.0).then(|| ours / rival)
}

/// How many rows met their bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub met: usize,
    pub missed: usize,
    pub not_run: usize,
}

impl Report {
    pub fn score(&self) -> Score {
        let count = |met| self.rows.iter().filter(|row| row.met == met).count();
        Score {
            met: count(Some(true)),
            missed: count(Some(false)),
            not_run: count(None),
        }
    }

    /// Whether the run passes: no bar missed and at least one met. A full run must also have made
    /// every row; a quick one may leave out what cannot be shortened, and says so.
    pub fn passed(&self) -> bool {
        let Score {
            met,
            missed,
            not_run,
        } = self.score();
        missed == 0 && met > 0 && (self.quick || not_run == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Bar;

    const MEASURE: Measure = Measure {
        id: "L1",
        what: "seconds to 9 pods",
        unit: "s",
        bar: Bar::RatioAtMost(1.1),
        why: "because",
    };

    fn pair(rival: f64, ours: f64) -> Pair {
        Pair {
            rival: Some(rival),
            ours: Some(ours),
        }
    }

    fn report(quick: bool, rows: Vec<Row>) -> Report {
        Report {
            bench: "loop".into(),
            title: String::new(),
            quick,
            rounds: 1,
            machine: String::new(),
            commit: String::new(),
            date: String::new(),
            rows,
            details: Vec::new(),
        }
    }

    #[test]
    fn a_row_has_medians_their_ratio_and_its_rounds() {
        let row = Row::judged(
            &MEASURE,
            vec![pair(60.0, 50.0), pair(50.0, 45.0), pair(40.0, 70.0)],
        );
        insta::assert_json_snapshot!(row, @r#"
        {
          "id": "L1",
          "what": "seconds to 9 pods",
          "unit": "s",
          "rival": 50.0,
          "ours": 50.0,
          "ratio": 1.0,
          "bar": "ratio ≤ 1.10",
          "why": "because",
          "met": true,
          "spread": {
            "rival": {
              "min": 40.0,
              "median": 50.0,
              "max": 60.0
            },
            "ours": {
              "min": 45.0,
              "median": 50.0,
              "max": 70.0
            }
          },
          "rounds": [
            {
              "rival": 60.0,
              "ours": 50.0
            },
            {
              "rival": 50.0,
              "ours": 45.0
            },
            {
              "rival": 40.0,
              "ours": 70.0
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_row_that_was_not_run_is_neither_met_nor_missed() {
        for row in [
            Row::not_run(&MEASURE, "takes 24 h"),
            Row::judged(&MEASURE, Vec::new()),
        ] {
            assert_eq!(row.met, None);
            assert!(row.not_run.is_some());
        }
    }

    #[test]
    fn a_run_passes_only_if_something_was_met_and_nothing_missed() {
        let met = Row::judged(&MEASURE, vec![pair(1.0, 1.0)]);
        let missed = Row::judged(&MEASURE, vec![pair(1.0, 2.0)]);
        let skipped = Row::not_run(&MEASURE, "takes 24 h");
        let passed = |quick, rows: &[&Row]| {
            report(quick, rows.iter().map(|&row| row.clone()).collect()).passed()
        };
        assert!(passed(false, &[&met]));
        assert!(!passed(false, &[&met, &missed]));
        assert!(!passed(false, &[&met, &skipped]), "a full run must be full");
        assert!(passed(true, &[&met, &skipped]));
        assert!(!passed(true, &[&skipped]), "nothing run is nothing met");
        assert!(!passed(true, &[]));
    }

    #[test]
    fn a_report_reads_back_as_it_was_written() {
        let whole = report(
            true,
            vec![
                Row::judged(
                    &MEASURE,
                    vec![Pair {
                        rival: Some(58.25),
                        ours: None,
                    }],
                ),
                Row::not_run(&MEASURE, "takes 24 h"),
            ],
        );
        let text = serde_json::to_string(&whole).expect("serializes");
        assert_eq!(
            serde_json::from_str::<Report>(&text).expect("parses"),
            whole
        );
    }
}
