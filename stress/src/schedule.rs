//! When each request is due, computed from its index alone.
//!
//! Arrival `i` is due `i / rate` after the start. No due time depends on an earlier one, on an
//! answer or on a clock, so nothing can drift and a slow target cannot slow the arrivals
//! (coordinated omission). Pure: all times are offsets from the start.

use std::time::Duration;

use crate::profile::{Profile, Rate};

const NANOS_PER_SECOND: u128 = 1_000_000_000;
/// Nanoseconds × millionths of requests per second in one request.
const NANO_MICRO: u128 = NANOS_PER_SECOND * 1_000_000;
/// Arrivals faster than this are released together, once per [`BATCH`].
const BATCH_ABOVE: u64 = 1000;
/// One timer per request costs 5 times the CPU of one per millisecond at 20 000/s (measured).
const BATCH: Duration = Duration::from_millis(1);

/// The due times of one run.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    rate: Rate,
    duration: Duration,
    planned: u64,
}

impl Schedule {
    pub fn new(profile: &Profile) -> Self {
        let rate = profile.peak_rate();
        let duration = profile.duration();
        let planned =
            (duration.as_nanos() * u128::from(rate.micro_per_second())).div_ceil(NANO_MICRO);
        Self {
            rate,
            duration,
            planned: saturating_u64(planned),
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

    /// Due time of arrival `index`, rounded down to whole nanoseconds.
    pub fn due(&self, index: u64) -> Duration {
        let nanos = u128::from(index) * NANO_MICRO / u128::from(self.rate.micro_per_second());
        Duration::from_nanos_u128(nanos)
    }

    /// When to wake for arrival `index`: its due time, or at high rates the end of the
    /// millisecond it is due in, so that one wake-up releases all of that millisecond.
    pub fn wake(&self, index: u64) -> Duration {
        let due = self.due(index);
        if self.rate.micro_per_second() <= BATCH_ABOVE * 1_000_000 {
            return due;
        }
        let batches = due.as_nanos().div_ceil(BATCH.as_nanos());
        Duration::from_nanos_u128(batches * BATCH.as_nanos())
    }
}

fn saturating_u64(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule(rate: &str, duration: Duration) -> Schedule {
        let rate = rate.parse().expect("a rate");
        Schedule::new(&Profile::constant(rate, duration))
    }

    fn any_rate() -> impl Strategy<Value = String> {
        (1_000u64..=1_000_000_000_000)
            .prop_map(|micro| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000))
    }

    #[test]
    fn a_hundred_per_second_is_one_every_ten_milliseconds() {
        let run = schedule("100", Duration::from_mins(10));
        assert_eq!(run.planned(), 60_000);
        assert_eq!(run.due(0), Duration::ZERO);
        assert_eq!(run.due(1), Duration::from_millis(10));
        assert_eq!(run.due(59_999), Duration::from_millis(599_990));
    }

    #[test]
    fn a_run_shorter_than_one_interval_still_sends_its_first_request() {
        assert_eq!(schedule("0.001", Duration::from_millis(1)).planned(), 1);
    }

    proptest! {
        #[test]
        fn a_due_time_is_the_index_over_the_rate_to_the_nanosecond(rate in any_rate(), index in 0u64..10_000_000_000) {
            let run = schedule(&rate, Duration::from_secs(1));
            let micro = u128::from(run.rate.micro_per_second());
            // due <= index / rate < due + 1 ns, in integers.
            let exact = u128::from(index) * NANO_MICRO;
            let due = run.due(index).as_nanos();
            prop_assert!(due * micro <= exact && exact < (due + 1) * micro);
        }

        #[test]
        fn whole_seconds_are_hit_exactly_however_long_the_run(rate in 1u64..1_000_000, seconds in 0u64..2_600_000) {
            let run = schedule(&rate.to_string(), Duration::from_secs(1));
            prop_assert_eq!(run.due(rate * seconds), Duration::from_secs(seconds));
        }

        #[test]
        fn due_times_never_go_back(rate in any_rate(), index in 0u64..10_000_000_000) {
            let run = schedule(&rate, Duration::from_secs(1));
            prop_assert!(run.due(index) <= run.due(index + 1));
        }

        #[test]
        fn planned_counts_the_arrivals_due_before_the_end(rate in any_rate(), millis in 1u64..3_600_000) {
            let run = schedule(&rate, Duration::from_millis(millis));
            prop_assert!(run.planned() >= 1);
            prop_assert!(run.due(run.planned() - 1) < run.duration());
            prop_assert!(run.due(run.planned()) >= run.duration());
        }

        #[test]
        fn a_wake_up_is_never_early_and_less_than_one_batch_late(rate in any_rate(), index in 0u64..10_000_000_000) {
            let run = schedule(&rate, Duration::from_secs(1));
            let delay = run.wake(index).checked_sub(run.due(index));
            prop_assert!(delay.is_some_and(|delay| delay < BATCH));
            if run.rate.per_second() <= 1000.0 {
                prop_assert_eq!(delay, Some(Duration::ZERO));
            }
        }
    }
}
