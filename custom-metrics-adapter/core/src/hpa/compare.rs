//! Two answers to one read, and what an autoscaler would make of each.

use std::collections::BTreeMap;

use super::{
    Metric, Pod, Proposal, Source, Target, Tolerance,
    pods::{self, Measure, NoProposal, Values},
    total,
};

/// What a read of a metric brought, in thousandths.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reading {
    /// By pod.
    Pods(Values),
    /// Rows of an external metric, or the one value of an object.
    Rows(Vec<i64>),
}

/// What the autoscaler sees beside the metric.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// `spec.replicas` of the scale.
    pub wanted: u32,
    /// `status.replicas` of the scale.
    pub existing: u32,
    pub pods: Vec<Pod>,
    /// Resource → pod → what it requests, in thousandths.
    pub requests: BTreeMap<String, Values>,
}

/// How two readings compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    Same,
    /// Usage is as far from the target within the tolerance, of the same pods.
    Within,
    Different,
}

/// What one metric proposes.
///
/// # Errors
/// When its controller would report the metric as failed.
pub fn propose(
    metric: &Metric,
    reading: &Reading,
    world: &World,
    tolerance: Tolerance,
) -> Result<Proposal, NoProposal> {
    let World {
        wanted,
        existing,
        pods,
        requests,
    } = world;
    let none = Values::new();
    match (reading, metric.target) {
        (Reading::Pods(values), Target::Value(target) | Target::AverageValue(target)) => {
            pods::propose(values, Measure::Average(target), pods, *wanted, tolerance)
        }
        (Reading::Pods(values), Target::Utilization(percent)) => {
            let requests = requests.get(metric.name()).unwrap_or(&none);
            let measure = Measure::Utilization { percent, requests };
            pods::propose(values, measure, pods, *wanted, tolerance)
        }
        (Reading::Rows(rows), Target::Value(target)) => total::by_value(
            total::sum(rows.iter().copied()),
            target,
            pods,
            *wanted,
            tolerance,
        ),
        (Reading::Rows(rows), Target::AverageValue(target)) => {
            let usage = total::sum(rows.iter().copied());
            Ok(total::by_average(usage, target, *existing, tolerance))
        }
        // A manifest that says so is refused when it is read.
        (Reading::Rows(_), Target::Utilization(_)) => Err(NoProposal::NoRequests),
    }
}

/// Compares what counts: how far usage is from its target, as a part of the target. `tolerance` of
/// 0.1 is what an autoscaler itself ignores.
pub fn verdict(
    metric: &Metric,
    one: &Reading,
    other: &Reading,
    world: &World,
    tolerance: f64,
) -> Verdict {
    if one == other {
        return Verdict::Same;
    }
    let same_pods = match (one, other) {
        (Reading::Pods(one), Reading::Pods(other)) => one.keys().eq(other.keys()),
        (Reading::Rows(_), Reading::Rows(_)) => true,
        _ => false,
    };
    match (ratio(metric, one, world), ratio(metric, other, world)) {
        (Some(one), Some(other)) if same_pods && (one - other).abs() <= tolerance => {
            Verdict::Within
        }
        _ => Verdict::Different,
    }
}

/// Usage as a part of its target.
fn ratio(metric: &Metric, reading: &Reading, world: &World) -> Option<f64> {
    let milli = |values: &mut dyn Iterator<Item = i64>| super::float(total::sum(values));
    let (usage, target) = match (reading, metric.target) {
        (Reading::Pods(values), Target::Utilization(percent)) => {
            let requests = world.requests.get(metric.name())?;
            let requested = milli(&mut values.keys().filter_map(|pod| requests.get(pod).copied()));
            (
                milli(&mut values.values().copied()),
                requested * f64::from(percent) / 100.0,
            )
        }
        (Reading::Pods(values), Target::Value(target) | Target::AverageValue(target)) => {
            let count = super::float(i64::try_from(values.len()).ok()?);
            (
                milli(&mut values.values().copied()),
                super::float(target) * count,
            )
        }
        (Reading::Rows(rows), Target::AverageValue(target)) => {
            let existing = f64::from(world.existing.max(1));
            (
                milli(&mut rows.iter().copied()),
                super::float(target) * existing,
            )
        }
        (Reading::Rows(rows), Target::Value(target)) => {
            (milli(&mut rows.iter().copied()), super::float(target))
        }
        (Reading::Rows(_), Target::Utilization(_)) => return None,
    };
    let ratio = usage / target;
    ratio.is_finite().then_some(ratio)
}

/// A short text: the sum and how many it is of.
impl std::fmt::Display for Reading {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quantity = crate::quantity::Quantity::from_milli;
        match self {
            Self::Pods(values) => {
                let sum = quantity(total::sum(values.values().copied()));
                write!(out, "{sum} over {} pods", values.len())
            }
            Self::Rows(rows) => match rows.as_slice() {
                [only] => write!(out, "{}", quantity(*only)),
                rows => {
                    let sum = quantity(total::sum(rows.iter().copied()));
                    write!(out, "{sum} in {} rows", rows.len())
                }
            },
        }
    }
}

impl Metric {
    /// Whether its controller accepts so many rows: one object has exactly one value.
    pub fn accepts_rows(&self, rows: usize) -> bool {
        match self.source {
            Source::Object { .. } => rows == 1,
            _ => rows > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::hpa::{Hpa, Standing};

    fn metric(metric: &serde_json::Value) -> Metric {
        let object =
            json!({"metadata": {"name": "web"}, "spec": {"maxReplicas": 9, "metrics": [metric]}});
        Hpa::read(object, "default").unwrap().metrics.remove(0)
    }

    fn pods_metric() -> Metric {
        metric(
            &json!({"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "10"}}}),
        )
    }

    fn world(names: &[&str]) -> World {
        let pod = |name: &&str| Pod {
            name: (*name).to_owned(),
            standing: Standing::Counted,
            ready: true,
        };
        let count = u32::try_from(names.len()).unwrap();
        World {
            wanted: count,
            existing: count,
            pods: names.iter().map(pod).collect(),
            requests: BTreeMap::new(),
        }
    }

    fn pods(values: &[(&str, i64)]) -> Reading {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value));
        Reading::Pods(values.collect())
    }

    #[rstest]
    #[case::equal(&[("a", 10_000), ("b", 12_000)], &[("a", 10_000), ("b", 12_000)], Verdict::Same)]
    #[case::a_tenth_of_the_target(&[("a", 10_000), ("b", 10_000)], &[("a", 11_000), ("b", 10_900)], Verdict::Within)]
    #[case::more(&[("a", 10_000), ("b", 10_000)], &[("a", 13_000), ("b", 10_000)], Verdict::Different)]
    #[case::other_pods(&[("a", 10_000), ("b", 10_000)], &[("a", 10_000)], Verdict::Different)]
    fn readings_compare_by_their_distance_from_the_target(
        #[case] one: &[(&str, i64)],
        #[case] other: &[(&str, i64)],
        #[case] expected: Verdict,
    ) {
        let world = world(&["a", "b"]);
        let verdict = verdict(&pods_metric(), &pods(one), &pods(other), &world, 0.1);
        assert_eq!(verdict, expected);
    }

    #[test]
    fn a_lost_row_of_an_external_metric_is_a_difference() {
        let metric = metric(
            &json!({"type": "External", "external": {"metric": {"name": "q"}, "target": {"averageValue": "10"}}}),
        );
        let (whole, part) = (
            Reading::Rows(vec![30_000, 30_000]),
            Reading::Rows(vec![30_000]),
        );
        let world = world(&["a", "b"]);
        assert_eq!(
            verdict(&metric, &whole, &part, &world, 0.1),
            Verdict::Different
        );
        let replicas = |reading| {
            propose(&metric, reading, &world, Tolerance::default())
                .unwrap()
                .replicas
        };
        assert_eq!((replicas(&whole), replicas(&part)), (6, 3));
        assert_eq!(whole.to_string(), "60 in 2 rows");
    }

    #[test]
    fn a_utilization_counts_what_the_pods_request() {
        let metric = metric(
            &json!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 50}}}),
        );
        let mut world = world(&["a", "b"]);
        let requests = [("a".to_owned(), 1000), ("b".to_owned(), 1000)]
            .into_iter()
            .collect();
        world.requests.insert("cpu".to_owned(), requests);
        let (one, other) = (
            pods(&[("a", 500), ("b", 500)]),
            pods(&[("a", 500), ("b", 590)]),
        );
        assert_eq!(verdict(&metric, &one, &other, &world, 0.1), Verdict::Within);
        let replicas = |reading| {
            propose(&metric, reading, &world, Tolerance::default())
                .unwrap()
                .replicas
        };
        assert_eq!(replicas(&pods(&[("a", 1000), ("b", 1000)])), 4);
    }

    #[test]
    fn one_object_has_one_value() {
        let object = metric(
            &json!({"type": "Object", "object": {"metric": {"name": "q"}, "target": {"type": "Value", "value": "10"}}}),
        );
        assert!(object.accepts_rows(1) && !object.accepts_rows(2) && !object.accepts_rows(0));
        assert!(pods_metric().accepts_rows(2) && !pods_metric().accepts_rows(0));
    }
}
