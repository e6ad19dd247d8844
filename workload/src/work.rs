//! How much to burn, and the burning itself in portions too small to notice.

use std::time::Duration;

use thiserror::Error;

/// Rounds of arithmetic between two looks at the clock: a few microseconds, so that reading the
/// clock (about 26 ns) costs next to nothing and a slice still ends on time.
const ROUNDS: u32 = 2_000;

/// How long one `/load` lasts, in wall-clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkTime(Duration);

/// A value of `?ms=` that is no length of time within the bounds.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "ms={value}: must be a whole number of milliseconds from 0 to {}",
    WorkTime::MAX_MS
)]
pub struct InvalidWork {
    pub value: String,
}

impl WorkTime {
    /// A minute: nobody waits longer, and a forgotten request ends.
    pub const MAX_MS: u64 = 60_000;

    /// Parses the value of `?ms=`; without one the work takes [`WorkTime::default`].
    pub fn parse(ms: Option<&str>) -> Result<Self, InvalidWork> {
        let Some(text) = ms else {
            return Ok(Self::default());
        };
        match text.parse::<u64>() {
            Ok(ms) if ms <= Self::MAX_MS => Ok(Self(Duration::from_millis(ms))),
            _ => Err(InvalidWork {
                value: text.to_owned(),
            }),
        }
    }

    pub fn duration(self) -> Duration {
        self.0
    }
}

impl Default for WorkTime {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

/// One portion of work: a few microseconds of integer arithmetic (xorshift64). Each round needs the
/// one before, so the processor cannot overlap them; feed the result in again and end in `black_box`.
pub fn portion(state: u64) -> u64 {
    (0..ROUNDS).fold(state, |mut x, _| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^ (x << 17)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_a_value_the_work_takes_five_seconds() {
        let work = WorkTime::parse(None).unwrap();
        assert_eq!(work.duration(), Duration::from_secs(5));
    }

    #[test]
    fn what_is_no_number_is_named_in_the_error() {
        for text in ["", "5s", "-1", "1.5", " 1", "60001", "99999999999999999999"] {
            let error = WorkTime::parse(Some(text)).unwrap_err();
            assert_eq!(error.value, text);
        }
        let error = WorkTime::parse(Some("5s")).unwrap_err();
        insta::assert_snapshot!(error, @"ms=5s: must be a whole number of milliseconds from 0 to 60000");
    }

    proptest! {
        #[test]
        fn any_number_is_taken_exactly_when_it_is_within_the_bound(ms in 0_u64..120_000) {
            let parsed = WorkTime::parse(Some(&ms.to_string())).ok();
            let wanted = (ms <= 60_000).then(|| Duration::from_millis(ms));
            prop_assert_eq!(parsed.map(WorkTime::duration), wanted);
        }

        #[test]
        fn the_arithmetic_never_collapses_to_zero(state in 1_u64..) {
            prop_assert_ne!(portion(state), 0);
        }
    }
}
