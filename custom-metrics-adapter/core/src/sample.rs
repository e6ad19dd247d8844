//! Samples of an instant query, sorted to the objects they describe.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One element of a Prometheus vector, as decoded by the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    /// Unix seconds of the evaluation, not of the scrape.
    pub time: f64,
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
