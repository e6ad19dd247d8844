//! One budget for all burners, per 10 ms, a little below the container's CPU limit.
//!
//! A cgroup that has used its quota is stopped by the kernel, with every thread in it, for the rest
//! of the period of usually 100 ms (Documentation/scheduler/sched-bwc.rst). Whoever answers probes
//! is stopped with it, whatever the priorities. So the burners as a whole spend less than the quota
//! and spend it evenly: the kernel never has a reason to stop anybody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Governor, SLICE, Step};
use crate::cgroup::CpuQuota;

/// Short beside the kernel's 100 ms, so that no answer waits long behind burners; long beside a
/// slice, so that the budget is not lost in rounding.
const PERIOD: Duration = Duration::from_millis(10);

/// Per cent of the limit that burners share. The rest is for answers, probes and the kernel's own
/// accounting, which hands a quota out in pieces of 5 ms.
const SHARE: u64 = 90;

/// How much of a surplus or a lack one [`Budget::settle`] corrects: quick, and steady all the same.
const GAIN: i64 = 2;

/// Less than this is not worth a wake-up: it waits for the next period with the others.
const LEAST: u64 = 20;

/// Stands for "no limit" where a budget is stored.
const UNLIMITED: u64 = u64::MAX;

/// `used` has 24 bits: 16 s, more than any budget of 10 ms on a thousand processors.
const USED_BITS: u32 = 24;
const USED_MASK: u64 = (1 << USED_BITS) - 1;

/// Shared by all burners without a lock: the number of the period and what is spent of it stand in
/// one word.
#[derive(Debug)]
pub struct Budget {
    start: Instant,
    /// µs per period that the whole process should use, or [`UNLIMITED`].
    granted: AtomicU64,
    /// µs per period that are not for burners, because waking them and answering costs as much.
    held_back: AtomicU64,
    /// Period number × 2²⁴ + µs spent in it.
    spent: AtomicU64,
}

impl Budget {
    pub fn new(quota: Option<CpuQuota>) -> Self {
        Self {
            start: Instant::now(),
            granted: AtomicU64::new(granted(quota)),
            held_back: AtomicU64::new(0),
            spent: AtomicU64::new(0),
        }
    }

    /// From the next slice on, another limit counts.
    pub fn set(&self, quota: Option<CpuQuota>) {
        self.granted.store(granted(quota), Ordering::Relaxed);
    }

    /// Learns that the whole process has used `used` of CPU time in `elapsed`. Slices are not all it
    /// uses: whatever goes beyond the grant is taken from the burners, and given back when it is
    /// no longer used.
    pub fn settle(&self, used: Duration, elapsed: Duration) {
        let granted = self.granted.load(Ordering::Relaxed);
        let elapsed = u128::from(micros(elapsed));
        if granted == UNLIMITED || elapsed == 0 {
            return;
        }
        let per_period = u128::from(micros(used)) * u128::from(micros(PERIOD)) / elapsed;
        let beyond = i64::try_from(per_period)
            .unwrap_or(i64::MAX)
            .saturating_sub_unsigned(granted);
        let held_back = self.held_back.load(Ordering::Relaxed);
        let corrected = held_back.saturating_add_signed(beyond / GAIN);
        // Whoever asked for load gets some, however busy the rest is.
        self.held_back
            .store(corrected.min(granted / 2), Ordering::Relaxed);
    }

    /// Takes up to a slice out of what is left of period `period`.
    fn take(&self, period: u64, granted: u64) -> Option<Duration> {
        let slice = micros(SLICE);
        let mut taken = 0;
        let outcome = self
            .spent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
                let used = match word >> USED_BITS {
                    seen if seen == period => word & USED_MASK,
                    // A burner that asked with an older clock must not turn it back.
                    seen if seen > period => return None,
                    _ => 0,
                };
                taken = slice.min(granted.saturating_sub(used));
                (taken >= LEAST).then(|| (period << USED_BITS) | (used + taken))
            });
        outcome.is_ok().then(|| Duration::from_micros(taken))
    }
}

impl Governor for Budget {
    fn next(&self, now: Instant) -> Step {
        let granted = self.granted.load(Ordering::Relaxed);
        if granted == UNLIMITED {
            return Step::Burn(SLICE);
        }
        let granted = granted.saturating_sub(self.held_back.load(Ordering::Relaxed));
        let elapsed = micros(now.saturating_duration_since(self.start));
        let period = elapsed / micros(PERIOD);
        if let Some(slice) = self.take(period, granted) {
            Step::Burn(slice)
        } else {
            let into_period = elapsed % micros(PERIOD);
            Step::Wait(Duration::from_micros(micros(PERIOD) - into_period))
        }
    }
}

/// What burners may spend per [`PERIOD`], in µs.
fn granted(quota: Option<CpuQuota>) -> u64 {
    quota.map_or(UNLIMITED, |quota| {
        let share = u128::from(quota.quota_us) * u128::from(SHARE * micros(PERIOD));
        let per_period = share / (100 * u128::from(quota.period_us));
        // A limit of almost nothing still burns a little, or a load would never show.
        u64::try_from(per_period).map_or(USED_MASK, |us| us.clamp(LEAST, USED_MASK))
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millicores(milli: u64) -> CpuQuota {
        CpuQuota {
            quota_us: milli * 100,
            period_us: 100_000,
        }
    }

    /// Everything that can be taken at `at` after the start, in µs.
    fn drain(budget: &Budget, at: Duration) -> u64 {
        let mut sum = 0;
        while let Step::Burn(slice) = budget.next(budget.start + at) {
            sum += micros(slice);
        }
        sum
    }

    #[test]
    fn burners_share_nine_tenths_of_the_limit_in_each_period() {
        for (milli, micros) in [(500, 4_500), (100, 900), (1_500, 13_500), (1, LEAST)] {
            let budget = Budget::new(Some(millicores(milli)));
            for period in 0..5 {
                assert_eq!(drain(&budget, PERIOD * period), micros, "{milli}m");
            }
        }
    }

    #[test]
    fn who_gets_nothing_waits_for_the_next_period() {
        let budget = Budget::new(Some(millicores(500)));
        drain(&budget, Duration::ZERO);
        let at = budget.start + Duration::from_micros(9_400);
        assert_eq!(budget.next(at), Step::Wait(Duration::from_micros(600)));
    }

    #[test]
    fn what_one_period_leaves_is_not_saved_up_for_another() {
        let budget = Budget::new(Some(millicores(500)));
        budget.next(budget.start);
        assert_eq!(drain(&budget, PERIOD * 100), 4_500);
    }

    #[test]
    fn a_burner_with_an_older_clock_takes_nothing_from_a_newer_period() {
        let budget = Budget::new(Some(millicores(500)));
        drain(&budget, PERIOD * 3);
        assert_eq!(drain(&budget, PERIOD * 2), 0);
        assert_eq!(drain(&budget, PERIOD * 3), 0);
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let budget = Budget::new(None);
        for _ in 0..1_000 {
            assert_eq!(budget.next(budget.start), Step::Burn(SLICE));
        }
    }

    #[test]
    fn a_changed_limit_counts_at_once() {
        let budget = Budget::new(Some(millicores(500)));
        budget.set(Some(millicores(1_000)));
        assert_eq!(drain(&budget, Duration::ZERO), 9_000);
        budget.set(None);
        assert_eq!(budget.next(budget.start), Step::Burn(SLICE));
    }

    #[test]
    fn what_else_the_process_uses_is_taken_from_the_burners_and_given_back() {
        let budget = Budget::new(Some(millicores(500)));
        let second = Duration::from_secs(1);
        for _ in 0..20 {
            let burnt = drain(&budget, PERIOD * 7) * 100;
            // Waking burners costs 50 ms a second.
            budget.settle(Duration::from_micros(burnt) + second / 20, second);
            budget.spent.store(0, Ordering::Relaxed);
        }
        assert_eq!(drain(&budget, PERIOD * 8), 4_000);
        for _ in 0..20 {
            budget.settle(second / 10, second);
        }
        assert_eq!(drain(&budget, PERIOD * 9), 4_500);
    }

    #[test]
    fn burners_keep_half_of_their_share_however_busy_the_rest_is() {
        let budget = Budget::new(Some(millicores(500)));
        for _ in 0..20 {
            budget.settle(Duration::from_secs(2), Duration::from_secs(1));
        }
        assert_eq!(drain(&budget, Duration::ZERO), 2_250);
    }

    proptest! {
        #[test]
        fn never_more_than_the_grant_is_given_out_in_a_period(
            quota_us in 1_u64..10_000_000,
            period_us in 1_000_u64..1_000_000,
            mut asked in proptest::collection::vec(0_u64..100_000, 1..400),
        ) {
            asked.sort_unstable();
            let quota = CpuQuota { quota_us, period_us };
            let budget = Budget::new(Some(quota));
            let mut given = std::collections::BTreeMap::new();
            for at in asked {
                if let Step::Burn(slice) = budget.next(budget.start + Duration::from_micros(at)) {
                    *given.entry(at / 10_000).or_insert(0) += micros(slice);
                }
            }
            for us in given.into_values() {
                prop_assert!(us <= granted(Some(quota)));
            }
        }
    }
}
