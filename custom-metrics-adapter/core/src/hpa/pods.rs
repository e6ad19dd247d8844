//! Metrics with a value for each pod: `Pods`, `Resource`, `ContainerResource`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Proposal, Tolerance, ceil, float};

/// A pod that the target's selector matches, as far as it counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pod {
    pub name: String,
    pub standing: Standing,
    /// Running with its Ready condition true: one that a target on a whole divides by.
    pub ready: bool,
}

/// How a pod's value is treated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Failed or being deleted: as if it were not there.
    Ignored,
    /// Pending, or for cpu still starting: its value is dropped, and on the way up it counts as 0.
    Unready,
    /// Expected to have a value; without one it is *missing*.
    Counted,
}

impl Standing {
    /// From `status.phase` and whether `metadata.deletionTimestamp` is set.
    pub fn of(phase: &str, deleting: bool) -> Self {
        match phase {
            _ if deleting => Self::Ignored,
            "Failed" => Self::Ignored,
            "Pending" => Self::Unready,
            _ => Self::Counted,
        }
    }
}

/// What the values of pods are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Measure<'a> {
    /// Thousandths per pod.
    Average(i64),
    /// Percent of what pods request, in thousandths by pod.
    Utilization {
        percent: u32,
        requests: &'a BTreeMap<String, i64>,
    },
}

/// Why the controller gives up on a metric, in its own words.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoProposal {
    #[error("no pods returned by selector while calculating replica count")]
    NoPods,
    #[error("did not receive metrics for targeted pods (pods might be unready)")]
    NoValues,
    #[error("no metrics returned matched known pods")]
    NoRequests,
}

/// Values in thousandths by pod.
pub type Values = BTreeMap<String, i64>;

/// `calcPlainMetricReplicas` and `GetResourceReplicas`: missing pods count as at their target on the way
/// down and as idle on the way up, and what only they would change is not changed.
///
/// `current` is the replica count wanted now (`spec.replicas` of the scale).
///
/// # Errors
/// When the controller would report the metric as failed.
pub fn propose(
    values: &Values,
    measure: Measure<'_>,
    pods: &[Pod],
    current: u32,
    tolerance: Tolerance,
) -> Result<Proposal, NoProposal> {
    if pods.is_empty() {
        return Err(NoProposal::NoPods);
    }
    let Groups {
        ready,
        unready,
        missing,
        mut values,
    } = group(values, pods);
    if values.is_empty() {
        return Err(NoProposal::NoValues);
    }
    let (ratio, usage) = measure.ratio(&values)?;
    let proposal = |replicas| Proposal { replicas, usage };
    let unready_on_the_way_up = !unready.is_empty() && ratio > 1.0;
    if !unready_on_the_way_up && missing.is_empty() {
        return Ok(proposal(if tolerance.is_within(ratio) {
            current
        } else {
            ceil(ratio * f64::from(ready))
        }));
    }
    for name in missing {
        if ratio < 1.0 {
            values.insert(name.to_owned(), measure.at_target(name));
        } else if ratio > 1.0 {
            values.insert(name.to_owned(), 0);
        }
    }
    if unready_on_the_way_up {
        values.extend(unready.into_iter().map(|name| (name.to_owned(), 0)));
    }
    let (again, _) = measure.ratio(&values)?;
    let turned = (ratio < 1.0 && again > 1.0) || (ratio > 1.0 && again < 1.0);
    let replicas = ceil(again * float(i64::try_from(values.len()).unwrap_or(i64::MAX)));
    let against = (again < 1.0 && replicas > current) || (again > 1.0 && replicas < current);
    Ok(proposal(
        if tolerance.is_within(again) || turned || against {
            current
        } else {
            replicas
        },
    ))
}

struct Groups<'a> {
    /// Counted pods with a value.
    ready: u32,
    unready: BTreeSet<&'a str>,
    missing: BTreeSet<&'a str>,
    /// Without those of ignored and unready pods. Values of pods nobody selects stay, as they do there.
    values: Values,
}

fn group<'a>(values: &Values, pods: &'a [Pod]) -> Groups<'a> {
    let mut groups = Groups {
        ready: 0,
        unready: BTreeSet::new(),
        missing: BTreeSet::new(),
        values: values.clone(),
    };
    for pod in pods {
        match pod.standing {
            Standing::Ignored => {
                groups.values.remove(&pod.name);
            }
            Standing::Unready => {
                groups.values.remove(&pod.name);
                groups.unready.insert(&pod.name);
            }
            Standing::Counted if values.contains_key(&pod.name) => groups.ready += 1,
            Standing::Counted => {
                groups.missing.insert(&pod.name);
            }
        }
    }
    groups
}

impl Measure<'_> {
    /// Usage as a part of the target, and the usage shown to people. Divisions cut off, as in Go.
    fn ratio(self, values: &Values) -> Result<(f64, i64), NoProposal> {
        match self {
            Self::Average(target) => {
                let total = values
                    .values()
                    .fold(0_i64, |sum, value| sum.saturating_add(*value));
                let count = i64::try_from(values.len()).unwrap_or(i64::MAX).max(1);
                let usage = total / count;
                Ok((float(usage) / float(target), usage))
            }
            Self::Utilization { percent, requests } => {
                let known = values
                    .iter()
                    .filter_map(|(name, value)| Some((value, requests.get(name)?)));
                let (used, requested) =
                    known.fold((0_i64, 0_i64), |(used, requested), (value, request)| {
                        (
                            used.saturating_add(*value),
                            requested.saturating_add(*request),
                        )
                    });
                if requested == 0 {
                    return Err(NoProposal::NoRequests);
                }
                let usage = used.saturating_mul(100) / requested;
                Ok((float(usage) / f64::from(percent), usage))
            }
        }
    }

    /// What a missing pod counts for on the way down.
    fn at_target(self, name: &str) -> i64 {
        match self {
            Self::Average(target) => target,
            Self::Utilization { percent, requests } => {
                let request = requests.get(name).copied().unwrap_or(0);
                request.saturating_mul(i64::from(percent.max(100))) / 100
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// `r` counted, `p` pending, `x` ignored; a number is the pod's value, `-` none.
    fn world(text: &str) -> (Values, Vec<Pod>) {
        let (mut values, mut pods) = (Values::new(), vec![]);
        for (index, word) in text.split_whitespace().enumerate() {
            let (standing, value) = word.split_at(1);
            let standing = match standing {
                "r" => Standing::Counted,
                "p" => Standing::Unready,
                _ => Standing::Ignored,
            };
            let name = format!("pod-{index}");
            if let Ok(value) = value.parse::<i64>() {
                values.insert(name.clone(), value * 1000);
            }
            let ready = standing == Standing::Counted;
            pods.push(Pod {
                name,
                standing,
                ready,
            });
        }
        (values, pods)
    }

    fn replicas(text: &str, target: i64, current: u32) -> Result<u32, NoProposal> {
        let (values, pods) = world(text);
        let measure = Measure::Average(target * 1000);
        propose(&values, measure, &pods, current, Tolerance::default())
            .map(|proposal| proposal.replicas)
    }

    // Target 10 everywhere. The rows on missing and pending pods are those of replica_calculator_test.go's ideas.
    #[rstest]
    #[case::at_target("r10 r10", 2, 2)]
    #[case::within_ten_percent_up("r11 r11", 2, 2)]
    #[case::within_ten_percent_down("r9 r9", 2, 2)]
    #[case::above("r12 r12", 2, 3)]
    #[case::double("r20 r20 r20", 3, 6)]
    #[case::half("r5 r5 r5 r5", 4, 2)]
    #[case::idle("r0 r0", 2, 0)]
    #[case::missing_on_the_way_down_is_at_target("r5 r-", 2, 2)]
    #[case::missing_holds_back_a_part("r2 r2 r2 r-", 4, 2)]
    #[case::missing_on_the_way_up_is_idle("r30 r-", 2, 3)]
    #[case::missing_may_cancel_the_way_up("r19 r-", 2, 2)]
    #[case::nine_left_out_of_ten_keep_ten("r5 r- r- r- r- r- r- r- r- r-", 10, 10)]
    #[case::pending_on_the_way_up_is_idle("r30 p-", 2, 3)]
    #[case::pending_on_the_way_down_is_left_out("r5 r5 p-", 3, 1)]
    #[case::the_value_of_a_pending_pod_is_dropped("r10 p90", 2, 2)]
    #[case::deleted_and_failed_are_left_out("r20 x90", 1, 2)]
    fn a_pods_metric_proposes_what_the_controller_proposes(
        #[case] pods: &str,
        #[case] current: u32,
        #[case] expected: u32,
    ) {
        assert_eq!(replicas(pods, 10, current), Ok(expected));
    }

    #[test]
    fn without_pods_or_without_values_there_is_no_proposal() {
        assert_eq!(replicas("", 10, 1), Err(NoProposal::NoPods));
        assert_eq!(replicas("r- r-", 10, 2), Err(NoProposal::NoValues));
        assert_eq!(replicas("p5 x5", 10, 2), Err(NoProposal::NoValues));
    }

    #[rstest]
    #[case::on_target(&[500, 500], &[1000, 1000], 50, 2, 2)]
    #[case::above(&[1000, 1000], &[1000, 1000], 50, 2, 4)]
    #[case::percent_is_cut_off(&[559, 559], &[1000, 1000], 50, 2, 2)]
    #[case::below(&[100, 100, 100], &[1000, 1000, 1000], 50, 3, 1)]
    fn a_utilization_is_taken_over_all_pods(
        #[case] used: &[i64],
        #[case] requested: &[i64],
        #[case] percent: u32,
        #[case] current: u32,
        #[case] expected: u32,
    ) {
        let named = |list: &[i64]| -> Values {
            let named = list.iter().enumerate();
            named
                .map(|(index, value)| (format!("pod-{index}"), *value))
                .collect()
        };
        let (values, requests) = (named(used), named(requested));
        let (_, pods) = world(&"r- ".repeat(used.len()));
        let measure = Measure::Utilization {
            percent,
            requests: &requests,
        };
        let proposal = propose(&values, measure, &pods, current, Tolerance::default()).unwrap();
        assert_eq!(proposal.replicas, expected);
    }

    #[test]
    fn without_requests_a_utilization_cannot_be_told() {
        let (values, pods) = world("r1");
        let requests = BTreeMap::new();
        let measure = Measure::Utilization {
            percent: 50,
            requests: &requests,
        };
        let error = propose(&values, measure, &pods, 1, Tolerance::default()).unwrap_err();
        assert_eq!(error, NoProposal::NoRequests);
    }

    #[rstest]
    #[case("Running", false, Standing::Counted)]
    #[case("Succeeded", false, Standing::Counted)]
    #[case("Pending", false, Standing::Unready)]
    #[case("Failed", false, Standing::Ignored)]
    #[case("Running", true, Standing::Ignored)]
    fn the_phase_tells_how_a_pod_stands(
        #[case] phase: &str,
        #[case] deleting: bool,
        #[case] standing: Standing,
    ) {
        assert_eq!(Standing::of(phase, deleting), standing);
    }
}
