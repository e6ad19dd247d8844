//! What is measured, and the bar it must meet. Pure.

use std::fmt;

use crate::stats::Spread;

/// One measure of a bench. Its bar is fixed here, before any run.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Short and stable: results of different days are compared by it.
    pub id: &'static str,
    pub what: &'static str,
    /// `""` for a plain count.
    pub unit: &'static str,
    pub bar: Bar,
    /// Why the bar is where it is.
    pub why: &'static str,
}

/// When a measure is met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// Median of ours against median of the rival, of the same run: absolute times of a shared
    /// machine mean little.
    RatioAtMost(f64),
    /// Every round of ours: for what must never happen a median would hide it.
    EachAtMost(f64),
    EachAtLeast(f64),
    /// Every round of ours and of the rival: for what makes a comparison worth anything.
    BothAtLeast(f64),
}

impl Bar {
    /// What never happened on our side is never met; against a rival for whom it never happened,
    /// ours is met by happening.
    pub fn is_met(self, rival: Option<Spread>, ours: Spread) -> bool {
        match self {
            Self::RatioAtMost(ratio) => match (rival.map(|r| r.median), ours.median) {
                // Multiplied, not divided: a rival at 0 is no exception then.
                (Some(Some(rival)), Some(ours)) => ours <= ratio * rival,
                (Some(None), Some(_)) => true,
                (None, _) | (_, None) => false,
            },
            Self::EachAtMost(most) => ours.max.is_some_and(|max| max <= most),
            Self::EachAtLeast(least) => ours.min.is_some_and(|min| min >= least),
            Self::BothAtLeast(least) => [rival, Some(ours)].iter().all(|side| {
                side.and_then(|side| side.min)
                    .is_some_and(|min| min >= least)
            }),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RatioAtMost(ratio) => write!(f, "ratio ≤ {ratio:.2}"),
            Self::EachAtMost(most) => write!(f, "ours ≤ {most} each round"),
            Self::EachAtLeast(least) => write!(f, "ours ≥ {least} each round"),
            Self::BothAtLeast(least) => write!(f, "both ≥ {least} each round"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(samples: &[Option<f64>]) -> Spread {
        Spread::of(samples).expect("rounds")
    }

    fn met(bar: Bar, rival: f64, ours: f64) -> bool {
        bar.is_met(Some(rounds(&[Some(rival)])), rounds(&[Some(ours)]))
    }

    #[test]
    fn exactly_the_ratio_is_met_and_a_little_more_is_not() {
        assert!(met(Bar::RatioAtMost(1.5), 50.0, 75.0));
        assert!(!met(Bar::RatioAtMost(1.5), 50.0, 75.001));
    }

    #[test]
    fn against_a_rival_at_zero_only_zero_is_met() {
        assert!(met(Bar::RatioAtMost(1.1), 0.0, 0.0));
        assert!(!met(Bar::RatioAtMost(1.1), 0.0, 0.001));
    }

    #[test]
    fn what_never_happened_is_never_met() {
        let (never, once) = (rounds(&[None]), rounds(&[Some(60.0)]));
        assert!(!Bar::RatioAtMost(1.1).is_met(Some(once), never));
        assert!(!Bar::RatioAtMost(1.1).is_met(Some(never), never));
        assert!(Bar::RatioAtMost(1.1).is_met(Some(never), once));
        assert!(!Bar::EachAtMost(90.0).is_met(Some(once), never));
    }

    #[test]
    fn a_ratio_without_a_rival_is_never_met() {
        assert!(!Bar::RatioAtMost(1.1).is_met(None, rounds(&[Some(1.0)])));
    }

    #[test]
    fn a_single_bad_round_misses_a_bar_on_each_round() {
        let ours = rounds(&[Some(0.0), Some(0.0), Some(1.0)]);
        assert!(!Bar::EachAtMost(0.0).is_met(None, ours));
        assert!(!Bar::EachAtLeast(1.0).is_met(None, ours));
        assert!(Bar::EachAtLeast(0.0).is_met(None, ours));
    }
}
