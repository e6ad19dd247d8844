//! When each request is due, computed from its index alone.
//!
//! Arrival `i` is due when the integral of the rate reaches `i`. No due time depends on an earlier
//! one, on an answer or on a clock, so nothing can drift and a slow target cannot slow the arrivals
//! (coordinated omission). Pure: all times are offsets from the start.

use std::time::Duration;

use crate::profile::{Phase, Profile};

const NANOS_PER_SECOND: u128 = 1_000_000_000;
/// One request, in nanoseconds × millionths of requests per second: the unit of all counts here,
/// so that rates integrate to whole numbers.
const REQUEST: u128 = NANOS_PER_SECOND * 1_000_000;
/// Arrivals of phases that get faster than this are released together, once per [`BATCH`].
const BATCH_ABOVE: u128 = 1000 * 1_000_000;
/// One timer per request costs 5 times the CPU of one per millisecond at 20 000/s (measured).
const BATCH: Duration = Duration::from_millis(1);

/// The due times of one run.
#[derive(Clone, Debug)]
pub struct Schedule {
    stretches: Vec<Stretch>,
    duration: Duration,
    planned: u64,
}

/// One request of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Rounded down to whole nanoseconds.
    pub due: Duration,
    /// When to wake for it: the due time, or at high rates the end of the millisecond it is due
    /// in, so that one wake-up releases all of that millisecond.
    pub wake: Duration,
}

/// A phase with its place in the run. Counts in [`REQUEST`]s, times in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Due before it begins.
    before: u128,
    begins: u128,
    length: u128,
    /// Rates at its ends.
    from: u128,
    to: u128,
}

impl Stretch {
    /// What comes due within `time` of its beginning, rounded down.
    fn count(&self, time: u128) -> u128 {
        let change = self.from.abs_diff(self.to);
        // change × time² / 2 length, in steps that stay below 2^128.
        let twice = 2 * self.length;
        let (whole, rest) = (change * time / twice, change * time % twice);
        let bend = whole * time + rest * time / twice;
        if self.to >= self.from {
            self.from * time + bend
        } else {
            self.from * time - bend
        }
    }

    /// The last moment, from its beginning, at which at most `count` has come due.
    fn moment(&self, count: u128) -> u128 {
        if self.from == self.to {
            return count.checked_div(self.from).unwrap_or(self.length);
        }
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if self.count(middle) <= count {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    fn is_batched(&self) -> bool {
        self.from.max(self.to) > BATCH_ABOVE
    }
}

impl Schedule {
    pub fn new(profile: &Profile) -> Self {
        let (mut before, mut begins) = (0, 0);
        let stretches = profile
            .phases()
            .iter()
            .map(|Phase { from, to, duration }| {
                let stretch = Stretch {
                    before,
                    begins,
                    length: duration.as_nanos(),
                    from: from.micro_per_second().into(),
                    to: to.micro_per_second().into(),
                };
                before += stretch.count(stretch.length);
                begins += stretch.length;
                stretch
            })
            .collect();
        Self {
            stretches,
            duration: profile.duration(),
            planned: u64::try_from(before.div_ceil(REQUEST)).unwrap_or(u64::MAX),
        }
    }

    /// Arrivals in the whole run: every `i` whose due time is before the end.
    pub fn planned(&self) -> u64 {
        self.planned
    }

    /// When arrivals end, as an offset from the start.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// When arrival `index` is due.
    pub fn arrival(&self, index: u64) -> Arrival {
        let count = u128::from(index) * REQUEST;
        // The last one that begins with no more than `count`: a pause is passed over.
        let next = self
            .stretches
            .partition_point(|stretch| stretch.before <= count);
        let Some(stretch) = self.stretches.get(next.saturating_sub(1)) else {
            // A profile has at least one phase.
            return Arrival {
                due: self.duration,
                wake: self.duration,
            };
        };
        let due = stretch.begins + stretch.moment(count - stretch.before);
        let wake = if stretch.is_batched() {
            due.next_multiple_of(BATCH.as_nanos())
        } else {
            due
        };
        Arrival {
            due: Duration::from_nanos_u128(due),
            wake: Duration::from_nanos_u128(wake),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule(profile: &str) -> Schedule {
        Schedule::new(&profile.parse().expect("a profile"))
    }

    fn constant(rate: &str, duration: Duration) -> Schedule {
        Schedule::new(&Profile::constant(rate.parse().expect("a rate"), duration))
    }

    fn any_rate() -> impl Strategy<Value = String> {
        (1_000u64..=1_000_000_000_000)
            .prop_map(|micro| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000))
    }

    /// Two to five phases with pauses, steps and ramps, some tens of thousands of arrivals.
    fn any_profile() -> impl Strategy<Value = String> {
        let phase = (0u32..2000, 0u32..2000, 1u32..20_000, any::<bool>());
        prop::collection::vec(phase, 1..5).prop_map(|phases| {
            let texts = phases.into_iter().map(|(from, to, millis, ramp)| {
                if ramp {
                    format!("ramp from {from} to {to} over {millis}ms")
                } else {
                    format!("{to} for {millis}ms")
                }
            });
            texts
                .chain(["1 for 1s".to_owned()])
                .collect::<Vec<_>>()
                .join(", ")
        })
    }

    #[test]
    fn a_hundred_per_second_is_one_every_ten_milliseconds() {
        let run = constant("100", Duration::from_mins(10));
        assert_eq!(run.planned(), 60_000);
        assert_eq!(run.arrival(0).due, Duration::ZERO);
        assert_eq!(run.arrival(1).due, Duration::from_millis(10));
        assert_eq!(run.arrival(59_999).due, Duration::from_millis(599_990));
    }

    #[test]
    fn a_run_shorter_than_one_interval_still_sends_its_first_request() {
        assert_eq!(constant("0.001", Duration::from_millis(1)).planned(), 1);
    }

    #[test]
    fn a_ramp_sends_the_area_under_it() {
        let run = schedule("10rps for 30s, ramp to 200 over 60s");
        assert_eq!(run.planned(), 300 + 6300);
        assert_eq!(run.arrival(300).due, Duration::from_secs(30));
        // 10 t + 190 t² / 120 = 1725 at t = 30 s.
        assert_eq!(run.arrival(300 + 1725).due, Duration::from_mins(1));
    }

    #[test]
    fn a_ramp_down_is_a_ramp_up_backwards() {
        let (up, down) = (
            schedule("ramp to 100 over 10s"),
            schedule("ramp from 100 to 0 over 10s"),
        );
        assert_eq!((up.planned(), down.planned()), (500, 500));
        for index in 1..500 {
            let both = up.arrival(index).due + down.arrival(500 - index).due;
            let apart = both.abs_diff(Duration::from_secs(10));
            assert!(apart <= Duration::from_nanos(100), "{index}: {apart:?}");
        }
    }

    #[test]
    fn a_pause_sends_nothing_and_the_next_phase_begins_on_time() {
        let run = schedule("10 for 1s, 0 for 5s, 10 for 1s");
        assert_eq!(run.planned(), 20);
        assert_eq!(run.arrival(9).due, Duration::from_millis(900));
        assert_eq!(run.arrival(10).due, Duration::from_secs(6));
    }

    #[test]
    fn the_longest_and_fastest_ramp_does_not_overflow() {
        let run = schedule("ramp to 1000000 over 30days");
        assert_eq!(run.planned(), 1_296_000_000_000);
        assert!(run.arrival(run.planned() - 1).due < run.duration());
    }

    proptest! {
        #[test]
        fn a_due_time_is_the_index_over_the_rate_to_the_nanosecond(rate in any_rate(), index in 0u64..10_000_000_000) {
            let run = constant(&rate, Duration::from_secs(1));
            let micro = run.stretches[0].from;
            // due <= index / rate < due + 1 ns, in integers.
            let exact = u128::from(index) * REQUEST;
            let due = run.arrival(index).due.as_nanos();
            prop_assert!(due * micro <= exact && exact < (due + 1) * micro);
        }

        #[test]
        fn whole_seconds_are_hit_exactly_however_long_the_run(rate in 1u64..1_000_000, seconds in 0u64..2_600_000) {
            let run = constant(&rate.to_string(), Duration::from_secs(1));
            prop_assert_eq!(run.arrival(rate * seconds).due, Duration::from_secs(seconds));
        }

        #[test]
        fn planned_counts_the_arrivals_due_before_the_end(profile in any_profile()) {
            let run = schedule(&profile);
            prop_assert!(run.planned() >= 1);
            prop_assert!(run.arrival(run.planned() - 1).due < run.duration());
            prop_assert!(run.arrival(run.planned()).due >= run.duration());
        }

        #[test]
        fn due_times_never_go_back_and_follow_the_area_under_the_rate(profile in any_profile(), index in 0u64..20_000) {
            let run = schedule(&profile);
            let index = index % run.planned();
            let (due, next) = (run.arrival(index).due, run.arrival(index + 1).due);
            prop_assert!(due <= next);
            // The straight sum over all phases up to the due time, as a reader would compute it.
            let mut area = 0.0;
            for stretch in &run.stretches {
                let inside = due.as_nanos().saturating_sub(stretch.begins).min(stretch.length);
                let [inside, length, from, to] = [inside, stretch.length, stretch.from, stretch.to].map(as_f64);
                area += (from + (to - from) * inside / length / 2.0) * inside;
            }
            let reached = area / as_f64(REQUEST);
            prop_assert!((reached - as_f64(index.into())).abs() < 0.01, "{reached} for {index}");
        }

        #[test]
        fn a_wake_up_is_never_early_and_less_than_one_batch_late(profile in any_profile(), index in 0u64..20_000) {
            let run = schedule(&profile);
            let Arrival { due, wake } = run.arrival(index % run.planned());
            let delay = wake.checked_sub(due);
            prop_assert!(delay.is_some_and(|delay| delay < BATCH));
            if run.stretches.iter().all(|stretch| !stretch.is_batched()) {
                prop_assert_eq!(delay, Some(Duration::ZERO));
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate to compare with")]
    fn as_f64(value: u128) -> f64 {
        value as f64
    }
}
