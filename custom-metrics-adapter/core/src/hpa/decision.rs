//! From what the metrics propose to what the controller does.

/// `minReplicas` and `maxReplicas`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    pub min: u32,
    pub max: u32,
}

/// Where the replica count goes once stabilisation and scaling policies let it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    Replicas(u32),
    /// Every metric failed: nothing moves.
    NoMetrics,
    /// Some metric failed and the others want fewer: nothing moves.
    NotDown,
    /// The target stands at 0 and may not be scaled from there.
    Disabled,
}

impl Decision {
    /// The replica count that follows, given the present one.
    pub fn replicas(self, current: u32) -> u32 {
        match self {
            Self::Replicas(replicas) => replicas,
            Self::NoMetrics | Self::NotDown | Self::Disabled => current,
        }
    }
}

/// The highest proposal within bounds. `current` is `spec.replicas`; a metric that failed proposes
/// nothing.
///
/// Left out on purpose: stabilisation windows and scaling policies. They decide when and how fast, and
/// two adapters are compared by where they lead.
pub fn decide(proposals: &[Option<u32>], current: u32, bounds: Bounds) -> Decision {
    let Bounds { min, max } = bounds;
    if current == 0 && min > 0 {
        return Decision::Disabled;
    }
    if current > max {
        return Decision::Replicas(max);
    }
    if current < min {
        return Decision::Replicas(min);
    }
    let Some(highest) = proposals.iter().flatten().max() else {
        return Decision::NoMetrics;
    };
    if proposals.contains(&None) && *highest < current {
        return Decision::NotDown;
    }
    Decision::Replicas((*highest).max(min).min(max))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const BOUNDS: Bounds = Bounds { min: 2, max: 10 };

    #[rstest]
    #[case::the_highest_wins(&[Some(4), Some(7)], 5, Decision::Replicas(7))]
    #[case::down_when_all_say_so(&[Some(4), Some(3)], 5, Decision::Replicas(4))]
    #[case::at_most_max(&[Some(40)], 5, Decision::Replicas(10))]
    #[case::at_least_min(&[Some(0)], 5, Decision::Replicas(2))]
    #[case::up_despite_a_failure(&[None, Some(7)], 5, Decision::Replicas(7))]
    #[case::not_down_with_a_failure(&[None, Some(3)], 5, Decision::NotDown)]
    #[case::all_failed(&[None, None], 5, Decision::NoMetrics)]
    #[case::above_max_goes_to_max_unasked(&[None], 12, Decision::Replicas(10))]
    #[case::below_min_goes_to_min_unasked(&[None], 1, Decision::Replicas(2))]
    #[case::zero_is_switched_off(&[Some(5)], 0, Decision::Disabled)]
    fn proposals_become_one_decision(
        #[case] proposals: &[Option<u32>],
        #[case] current: u32,
        #[case] expected: Decision,
    ) {
        assert_eq!(decide(proposals, current, BOUNDS), expected);
    }

    #[test]
    fn with_a_minimum_of_zero_it_scales_from_zero_and_to_zero() {
        let bounds = Bounds { min: 0, max: 10 };
        assert_eq!(decide(&[Some(3)], 0, bounds), Decision::Replicas(3));
        assert_eq!(decide(&[Some(0)], 3, bounds), Decision::Replicas(0));
    }

    #[test]
    fn a_refusal_leaves_the_present_count() {
        assert_eq!(Decision::NotDown.replicas(5), 5);
        assert_eq!(Decision::Replicas(3).replicas(5), 3);
    }
}
