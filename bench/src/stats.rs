//! Median and spread of a few rounds. Pure.

use serde::{Deserialize, Serialize};

/// What one round gave for one measure. `None`: what was waited for did not happen in that round,
/// which counts as later than any time.
pub type Sample = Option<f64>;

/// Median and range of the rounds of one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub min: Sample,
    pub median: Sample,
    pub max: Sample,
}

impl Spread {
    /// `None` without rounds. With an even number of rounds the median lies halfway between the
    /// two in the middle, and is "never" if one of them is.
    pub fn of(samples: &[Sample]) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.iter().map(|s| s.unwrap_or(f64::INFINITY)).collect();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        let finite = |value: f64| value.is_finite().then_some(value);
        Some(Self {
            min: finite(min),
            median: finite(median),
            max: finite(max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_rounds_have_no_median() {
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn an_even_number_of_rounds_has_its_median_halfway() {
        let spread = Spread::of(&[Some(4.0), Some(1.0), Some(2.0), Some(10.0)]).expect("rounds");
        assert_eq!(spread.median, Some(3.0));
    }

    #[test]
    fn a_round_in_which_it_never_happened_counts_as_the_longest() {
        let most = Spread::of(&[Some(60.0), None, Some(70.0)]).expect("rounds");
        assert_eq!(
            (most.min, most.median, most.max),
            (Some(60.0), Some(70.0), None)
        );
        let half = Spread::of(&[Some(60.0), None]).expect("rounds");
        assert_eq!(half.median, None);
    }

    proptest! {
        #[test]
        fn the_median_is_between_the_extremes_whatever_the_order(
            mut samples in prop::collection::vec(prop::option::of(0.0..1e9), 1..20),
        ) {
            let later = |s: Sample| s.unwrap_or(f64::INFINITY);
            let spread = Spread::of(&samples).expect("rounds");
            prop_assert!(later(spread.min) <= later(spread.median));
            prop_assert!(later(spread.median) <= later(spread.max));
            samples.reverse();
            prop_assert_eq!(Spread::of(&samples), Some(spread));
        }

        #[test]
        fn at_least_half_of_the_rounds_lie_on_each_side_of_the_median(
            samples in prop::collection::vec((0.0..1e9).prop_map(Some), 1..20),
        ) {
            let median = Spread::of(&samples).and_then(|s| s.median).expect("finite rounds");
            let below = samples.iter().flatten().filter(|&&s| s <= median).count();
            let above = samples.iter().flatten().filter(|&&s| s >= median).count();
            prop_assert!(2 * below >= samples.len() && 2 * above >= samples.len());
        }
    }
}
