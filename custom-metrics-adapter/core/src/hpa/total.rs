//! Metrics with one value for the whole: `Object` and `External`.

use super::{Pod, Proposal, Tolerance, ceil, float, pods::NoProposal};

/// The sum of an external answer, as the controller adds it up.
pub fn sum(values: impl IntoIterator<Item = i64>) -> i64 {
    values.into_iter().fold(0, i64::saturating_add)
}

/// A target on the whole (`Value`): usage over target times the pods that are ready.
///
/// `current` is `spec.replicas` of the scale; from 0 the ratio alone counts.
///
/// # Errors
/// When the selector matches no pod.
pub fn by_value(
    usage: i64,
    target: i64,
    pods: &[Pod],
    current: u32,
    tolerance: Tolerance,
) -> Result<Proposal, NoProposal> {
    let ratio = float(usage) / float(target);
    let replicas = if current == 0 {
        ceil(ratio)
    } else if tolerance.is_within(ratio) {
        current
    } else if pods.is_empty() {
        return Err(NoProposal::NoPods);
    } else {
        let ready = pods.iter().filter(|pod| pod.ready).count();
        ceil(ratio * float(i64::try_from(ready).unwrap_or(i64::MAX)))
    };
    Ok(Proposal { replicas, usage })
}

/// A target per pod (`AverageValue`): the usage shared by its target, whatever pods there are.
///
/// `existing` is `status.replicas` of the scale.
pub fn by_average(usage: i64, target: i64, existing: u32, tolerance: Tolerance) -> Proposal {
    let ratio = float(usage) / (float(target) * f64::from(existing));
    let replicas = if tolerance.is_within(ratio) {
        existing
    } else {
        ceil(float(usage) / float(target))
    };
    let shared = (float(usage) / f64::from(existing)).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, as the controller does by hand"
    )]
    let usage = shared as i64;
    Proposal { replicas, usage }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::hpa::Standing;

    fn pods(ready: usize, waiting: usize) -> Vec<Pod> {
        let pod = |index| Pod {
            name: format!("pod-{index}"),
            standing: Standing::Counted,
            ready: index < ready,
        };
        (0..ready + waiting).map(pod).collect()
    }

    #[rstest]
    #[case::on_target(100, 2, 2)]
    #[case::within(109, 2, 2)]
    #[case::double(200, 2, 4)]
    #[case::half(50, 4, 2)]
    #[case::idle(0, 3, 0)]
    #[case::negative(-50, 3, 0)]
    #[case::from_zero_one_is_enough(1, 0, 1)]
    #[case::from_zero_the_ratio_counts(250, 0, 3)]
    #[case::idle_stays_at_zero(0, 0, 0)]
    fn a_target_on_the_whole_of_100(
        #[case] usage: i64,
        #[case] current: u32,
        #[case] expected: u32,
    ) {
        let pods = pods(current as usize, 0);
        let proposal = by_value(usage, 100, &pods, current, Tolerance::default()).unwrap();
        assert_eq!(proposal.replicas, expected);
    }

    #[test]
    fn only_ready_pods_are_multiplied() {
        let proposal = by_value(200, 100, &pods(1, 3), 4, Tolerance::default()).unwrap();
        assert_eq!(proposal.replicas, 2);
        let error = by_value(200, 100, &[], 4, Tolerance::default()).unwrap_err();
        assert_eq!(error, NoProposal::NoPods);
    }

    #[rstest]
    #[case::on_target(300, 3, 3, 100)]
    #[case::within(320, 3, 3, 107)]
    #[case::above(331, 3, 4, 111)]
    #[case::below(100, 3, 1, 34)]
    #[case::idle(0, 3, 0, 0)]
    fn a_target_of_100_per_pod(
        #[case] usage: i64,
        #[case] existing: u32,
        #[case] expected: u32,
        #[case] shown: i64,
    ) {
        let proposal = by_average(usage, 100, existing, Tolerance::default());
        assert_eq!((proposal.replicas, proposal.usage), (expected, shown));
    }

    #[test]
    fn sums_and_shares_never_wrap_around() {
        assert_eq!(sum([i64::MAX, 1]), i64::MAX);
        assert_eq!(by_average(5, 100, 0, Tolerance::default()).usage, i64::MAX);
        let most = i32::MAX.unsigned_abs();
        assert_eq!(
            by_average(i64::MAX, 1, 1, Tolerance::default()).replicas,
            most
        );
    }
}
