//! Ready pods over time, and the times that matter in it. Pure.

/// The count of ready pods from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Seconds since 1970.
    pub at: f64,
    pub ready: u32,
}

/// Changes in the order in which they were seen.
#[derive(Clone, Debug, Default)]
pub struct Timeline(Vec<Change>);

impl Timeline {
    /// Repeated counts are one change.
    pub fn push(&mut self, change: Change) {
        if self.now() != Some(change.ready) {
            self.0.push(change);
        }
    }

    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// The count now; `None` before the first.
    pub fn now(&self) -> Option<u32> {
        self.0.last().map(|change| change.ready)
    }

    pub fn most(&self) -> u32 {
        self.0.iter().map(|change| change.ready).max().unwrap_or(0)
    }

    /// Seconds from `since` until at least `pods` were ready for the first time.
    pub fn seconds_to(&self, pods: u32, since: f64) -> Option<f64> {
        let reached = self.0.iter().find(|change| change.ready >= pods)?;
        Some((reached.at - since).max(0.0))
    }

    /// Seconds from `since` until only one pod was left, for good. `None` if there was never more
    /// than one: what never went up has not come back.
    pub fn seconds_back_to_one(&self, since: f64) -> Option<f64> {
        let last = self.0.last()?;
        (last.ready == 1 && self.most() > 1).then(|| (last.at - since).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timeline(changes: &[(f64, u32)]) -> Timeline {
        let mut timeline = Timeline::default();
        for &(at, ready) in changes {
            timeline.push(Change { at, ready });
        }
        timeline
    }

    #[test]
    fn times_count_from_the_first_request_and_from_the_end_of_load() {
        let up = [(1000.0, 1), (1035.0, 5), (1051.5, 9), (1052.0, 10)];
        let down = [(1190.0, 6), (1205.0, 1)];
        let timeline = timeline(&[up.as_slice(), &down].concat());
        assert_eq!(timeline.seconds_to(9, 1001.5), Some(50.0));
        assert_eq!(timeline.seconds_to(10, 1001.5), Some(50.5));
        assert_eq!(timeline.seconds_back_to_one(1121.5), Some(83.5));
        assert_eq!(timeline.most(), 10);
    }

    #[test]
    fn a_count_that_jumps_over_nine_has_reached_nine() {
        assert_eq!(
            timeline(&[(0.0, 1), (30.0, 10)]).seconds_to(9, 0.0),
            Some(30.0)
        );
    }

    #[test]
    fn what_never_happened_has_no_time() {
        let low = timeline(&[(0.0, 1), (30.0, 8)]);
        assert_eq!(low.seconds_to(9, 0.0), None);
        assert_eq!(low.seconds_back_to_one(100.0), None, "still 8");
        assert_eq!(
            timeline(&[(0.0, 1)]).seconds_back_to_one(100.0),
            None,
            "never went up"
        );
        assert_eq!(timeline(&[]).seconds_back_to_one(100.0), None);
    }

    #[test]
    fn a_dip_to_one_under_way_is_not_the_return() {
        let dips = timeline(&[(0.0, 1), (30.0, 10), (160.0, 1), (161.0, 2), (190.0, 1)]);
        assert_eq!(dips.seconds_back_to_one(150.0), Some(40.0));
    }

    proptest! {
        #[test]
        fn more_pods_are_never_reached_earlier(counts in prop::collection::vec(0u32..12, 1..40), pods in 1u32..11) {
            let changes: Vec<_> = counts.iter().zip(0u32..).map(|(&c, at)| (f64::from(at), c)).collect();
            let timeline = timeline(&changes);
            let later = |pods| timeline.seconds_to(pods, 0.0).unwrap_or(f64::INFINITY);
            prop_assert!(later(pods) <= later(pods + 1));
            prop_assert_eq!(timeline.seconds_to(timeline.most(), 0.0).is_some(), true);
        }
    }
}
