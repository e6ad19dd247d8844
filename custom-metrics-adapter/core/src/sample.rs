//! Samples of an instant query, sorted to the objects they describe.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

/// One element of a Prometheus vector, as decoded by the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    /// Unix seconds of the evaluation, not of the scrape.
    pub time: f64,
}

/// What an instant query yields.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluation {
    Vector(Vec<Sample>),
    /// A vector that is `null`, as some that speak Prometheus' API write an empty one.
    Null,
    /// Without labels.
    Scalar(Sample),
    /// Values over time, which nobody asked for.
    Matrix,
}

/// A result that holds no vector.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the query yields a {0}, not a vector")]
pub struct NotAVector(&'static str);

impl Evaluation {
    /// The samples of a vector.
    pub fn vector(&self) -> Result<&[Sample], NotAVector> {
        match self {
            Self::Vector(samples) => Ok(samples),
            Self::Null => Ok(&[]),
            Self::Scalar(_) => Err(NotAVector("scalar")),
            Self::Matrix => Err(NotAVector("matrix")),
        }
    }
}

impl Sample {
    /// With the milliseconds that Prometheus has. A time beyond the calendar stops at its end.
    pub fn timestamp(&self) -> Timestamp {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float saturates, and so does what follows"
        )]
        let milliseconds = (self.time * 1000.0).round() as i64;
        let bound = if milliseconds < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Timestamp::from_millisecond(milliseconds).unwrap_or(bound)
    }
}

/// Values by object name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByObject<'a> {
    /// A sample without the label describes the object of the empty name, that is: none.
    pub values: HashMap<&'a str, f64>,
    /// Names that came more than once; the last sample counts, as upstream. A query that does this lacks a
    /// grouping.
    pub duplicates: BTreeSet<&'a str>,
}

/// Reads the name of the described object from `label`.
pub fn by_object<'a>(samples: &'a [Sample], label: &str) -> ByObject<'a> {
    let mut sorted = ByObject::default();
    for sample in samples {
        let name = sample.labels.get(label).map_or("", String::as_str);
        if sorted.values.insert(name, sample.value).is_some() {
            sorted.duplicates.insert(name);
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pod: Option<&str>, value: f64) -> Sample {
        let labels = pod
            .map(|pod| ("pod".to_owned(), pod.to_owned()))
            .into_iter()
            .collect();
        Sample {
            labels,
            value,
            time: 0.0,
        }
    }

    #[test]
    fn times_keep_their_milliseconds_and_stay_in_the_calendar() {
        let text = |time| {
            let sample = Sample {
                time,
                ..sample(None, 0.0)
            };
            sample.timestamp().to_string()
        };
        assert_eq!(text(1_700_000_000.123), "2023-11-14T22:13:20.123Z");
        assert_eq!(text(1e300), Timestamp::MAX.to_string());
        assert_eq!(text(f64::NEG_INFINITY), Timestamp::MIN.to_string());
    }

    #[test]
    fn of_several_samples_for_one_object_the_last_counts_and_all_are_reported() {
        let samples = [
            sample(Some("a"), 1.0),
            sample(Some("b"), 2.0),
            sample(Some("a"), 3.0),
        ];
        let sorted = by_object(&samples, "pod");
        assert_eq!(sorted.values, HashMap::from([("a", 3.0), ("b", 2.0)]));
        assert_eq!(sorted.duplicates, BTreeSet::from(["a"]));
    }

    #[test]
    fn a_sample_without_the_label_describes_nothing() {
        let samples = [sample(None, 1.0)];
        assert_eq!(
            by_object(&samples, "pod").values,
            HashMap::from([("", 1.0)])
        );
    }
}
