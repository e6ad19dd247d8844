//! Ours and the rival, one after the other in one run, so that a machine that gets slower meets both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{measure::Measure, report::Row, stats::Sample};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Rival,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Rival => "rival",
        }
    }
}

/// What one round gave, by the id of the measure.
pub type Samples = BTreeMap<&'static str, Sample>;

/// A round of the rival and the one of ours next to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub rival: Sample,
    pub ours: Sample,
}

/// Runs `round` for each side in turn, `rounds` times: ours, rival, ours, rival, …
///
/// # Errors
/// The first error of a round ends the run: half a comparison is none.
pub fn alternate<E>(
    rounds: u32,
    mut round: impl FnMut(u32, Side) -> Result<Samples, E>,
) -> Result<Vec<(Samples, Samples)>, E> {
    (1..=rounds)
        .map(|number| {
            let ours = round(number, Side::Ours)?;
            let rival = round(number, Side::Rival)?;
            Ok((ours, rival))
        })
        .collect()
}

/// One judged row per measure. A measure that no round knows is not run.
pub fn rows(measures: &[Measure], rounds: &[(Samples, Samples)]) -> Vec<Row> {
    measures
        .iter()
        .map(|measure| {
            let pairs = rounds
                .iter()
                .filter_map(|(ours, rival)| {
                    Some(Pair {
                        ours: *ours.get(measure.id)?,
                        rival: *rival.get(measure.id)?,
                    })
                })
                .collect();
            Row::judged(measure, pairs)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Bar;

    #[test]
    fn the_sides_take_turns() {
        let mut order = Vec::new();
        let rounds = alternate::<()>(2, |number, side| {
            order.push((number, side.name()));
            Ok(Samples::new())
        });
        assert_eq!(rounds.map(|r| r.len()), Ok(2));
        assert_eq!(
            order,
            [(1, "ours"), (1, "rival"), (2, "ours"), (2, "rival")]
        );
    }

    #[test]
    fn the_first_failing_round_ends_the_run() {
        let mut made = 0;
        let result = alternate(5, |number, side| {
            made += 1;
            if (number, side) == (2, Side::Rival) {
                Err("down")
            } else {
                Ok(Samples::new())
            }
        });
        assert_eq!((result.err(), made), (Some("down"), 4));
    }

    #[test]
    fn samples_are_paired_by_the_id_of_their_measure() {
        let measure = |id| Measure {
            id,
            what: "",
            unit: "",
            bar: Bar::RatioAtMost(1.0),
            why: "",
        };
        let ours = Samples::from([("A", Some(1.0)), ("B", None)]);
        let rival = Samples::from([("A", Some(2.0)), ("B", Some(3.0))]);
        let rows = rows(
            &[measure("A"), measure("B"), measure("C")],
            &[(ours, rival)],
        );
        assert_eq!(
            rows[0].rounds,
            [Pair {
                rival: Some(2.0),
                ours: Some(1.0)
            }]
        );
        assert_eq!(
            rows[1].rounds,
            [Pair {
                rival: Some(3.0),
                ours: None
            }]
        );
        assert_eq!(rows[2].met, None, "no round measured C");
    }
}
