//! What load is wanted: how many requests per second, and for how long.
//!
//! Pure: no clock, no sockets.

mod rate;

use std::{fmt, str::FromStr, time::Duration};

pub use rate::{Rate, RateError};

/// Longest run, and so the longest phase.
pub const LONGEST: Duration = Duration::from_hours(30 * 24);
/// Most phases of a profile.
const MOST_PHASES: usize = 1000;

/// A part of a profile: a rate that stays, or that changes evenly from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    pub from: Rate,
    pub to: Rate,
    pub duration: Duration,
}

/// The load over the whole run: phases, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    phases: Vec<Phase>,
}

impl Profile {
    /// `rate` from the first to the last moment of `duration`.
    pub fn constant(rate: Rate, duration: Duration) -> Self {
        let phase = Phase {
            from: rate,
            to: rate,
            duration,
        };
        Self {
            phases: vec![phase],
        }
    }

    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// The highest rate at any moment.
    pub fn peak_rate(&self) -> Rate {
        let rates = self.phases.iter().map(|phase| phase.from.max(phase.to));
        rates.max().unwrap_or(Rate::ZERO)
    }

    /// From the first due time to the end of arrivals.
    pub fn duration(&self) -> Duration {
        self.phases.iter().map(|phase| phase.duration).sum()
    }
}

impl fmt::Display for Profile {
    /// The form that reads back as the same profile.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = Rate::ZERO;
        for (index, Phase { from, to, duration }) in self.phases.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let duration = humantime::format_duration(*duration);
            if from == to {
                write!(f, "{comma}{from} for {duration}")?;
            } else if *from == before {
                write!(f, "{comma}ramp to {to} over {duration}")?;
            } else {
                write!(f, "{comma}ramp from {from} to {to} over {duration}")?;
            }
            before = *to;
        }
        Ok(())
    }
}

/// Why a text is not a [`Profile`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    #[error(
        "`{0}`: write `RATE for TIME` or `ramp [from RATE] to RATE over TIME`, parted by commas"
    )]
    Syntax(String),
    #[error("`{phase}`: rate `{rate}`: {error}")]
    Rate {
        phase: String,
        rate: String,
        error: RateError,
    },
    #[error("`{0}`: write a time above zero with its unit, such as 500ms, 30s or 10m")]
    Time(String),
    #[error("must last 30 days at most")]
    TooLong,
    #[error("must have {MOST_PHASES} phases at most")]
    TooMany,
    #[error("has no moment with a rate above 0")]
    NoLoad,
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// Reads `10rps for 30s, ramp to 200 over 60s`. A ramp begins where the phase before it
    /// ended, the first one at 0. A rate of 0 is a pause.
    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let mut phases: Vec<Phase> = Vec::new();
        for text in text.split(',') {
            let before = phases.last().map_or(Rate::ZERO, |phase| phase.to);
            phases.push(phase(text.trim(), before)?);
            if phases.len() > MOST_PHASES {
                return Err(ProfileError::TooMany);
            }
        }
        let profile = Self { phases };
        if profile.duration() > LONGEST {
            return Err(ProfileError::TooLong);
        }
        if profile.peak_rate() == Rate::ZERO {
            return Err(ProfileError::NoLoad);
        }
        Ok(profile)
    }
}

fn phase(text: &str, before: Rate) -> Result<Phase, ProfileError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (from, to, time) = match words.as_slice() {
        ["ramp", "to", to, "over", time @ ..] => (before, rate(text, to)?, time),
        ["ramp", "from", from, "to", to, "over", time @ ..] => {
            (rate(text, from)?, rate(text, to)?, time)
        }
        [constant, "for", time @ ..] => {
            let constant = rate(text, constant)?;
            (constant, constant, time)
        }
        _ => return Err(ProfileError::Syntax(text.to_owned())),
    };
    match humantime::parse_duration(&time.join(" ")) {
        Ok(duration) if duration > LONGEST => Err(ProfileError::TooLong),
        Ok(duration) if !duration.is_zero() => Ok(Phase { from, to, duration }),
        _ => Err(ProfileError::Time(text.to_owned())),
    }
}

fn rate(phase: &str, text: &str) -> Result<Rate, ProfileError> {
    if matches!(text, "0" | "0/s" | "0rps") {
        return Ok(Rate::ZERO);
    }
    text.parse().map_err(|error| ProfileError::Rate {
        phase: phase.to_owned(),
        rate: text.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn per_second(text: &str) -> Rate {
        text.parse().expect("a rate")
    }

    #[test]
    fn phases_are_read_in_order_and_a_ramp_begins_where_the_load_stands() {
        let profile: Profile = "10rps for 30s, ramp to 200 over 1m 30s,200/s for 5m , ramp from 50 to 0 over 500ms, 0 for 1s"
            .parse()
            .expect("a profile");
        let [ten, two_hundred, fifty] = ["10", "200", "50"].map(per_second);
        let expected = [
            (ten, ten, 30_000),
            (ten, two_hundred, 90_000),
            (two_hundred, two_hundred, 300_000),
            (fifty, Rate::ZERO, 500),
            (Rate::ZERO, Rate::ZERO, 1000),
        ]
        .map(|(from, to, millis)| Phase {
            from,
            to,
            duration: Duration::from_millis(millis),
        });
        assert_eq!(profile.phases(), expected);
        assert_eq!(profile.peak_rate(), two_hundred);
        assert_eq!(profile.duration(), Duration::from_millis(421_500));
    }

    #[test]
    fn the_first_ramp_begins_at_nothing() {
        let profile: Profile = "ramp to 100 over 1m".parse().expect("a profile");
        assert_eq!(profile.phases()[0].from, Rate::ZERO);
    }

    #[test]
    fn a_profile_that_means_nothing_is_refused_with_the_phase_and_what_would_be_right() {
        for (text, words) in [
            ("", "``: write `RATE for TIME`"),
            ("10rps for 30s,", "``: write `RATE for TIME`"),
            ("10rps", "`10rps`: write `RATE for TIME`"),
            ("ramp 10 over 5s", "`ramp 10 over 5s`: write"),
            ("10 during 5s", "`10 during 5s`: write"),
            ("fast for 5s", "`fast for 5s`: rate `fast`: write requests"),
            ("10 for 5s, -1 for 5s", "rate `-1`: must be between 0.001"),
            ("10 for 5", "`10 for 5`: write a time above zero"),
            ("10 for 0s", "`10 for 0s`: write a time above zero"),
            ("10 for", "`10 for`: write a time above zero"),
            ("10 for 31days", "30 days at most"),
            ("10 for 20days, 10 for 20days", "30 days at most"),
            ("0 for 5s", "no moment with a rate above 0"),
        ] {
            let error = text.parse::<Profile>().expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        let many = vec!["1 for 1s"; MOST_PHASES + 1].join(",");
        assert_eq!(many.parse::<Profile>(), Err(ProfileError::TooMany));
    }

    fn any_phase() -> impl Strategy<Value = (u64, u64, u64)> {
        (0..1_000_000u64, 0..1_000_000u64, 1..10_000_000u64)
    }

    proptest! {
        #[test]
        fn a_printed_profile_reads_back_as_itself(phases in prop::collection::vec(any_phase(), 1..6)) {
            let rate = |millis: u64| match millis {
                0 => Rate::ZERO,
                _ => per_second(&format!("{}.{:03}", millis / 1000, millis % 1000)),
            };
            let phases: Vec<Phase> = phases
                .into_iter()
                .map(|(from, to, millis)| Phase { from: rate(from), to: rate(to), duration: Duration::from_millis(millis) })
                .collect();
            let profile = Profile { phases };
            prop_assume!(profile.peak_rate() > Rate::ZERO);
            prop_assert_eq!(profile.to_string().parse(), Ok(profile));
        }

        #[test]
        fn reading_a_profile_never_panics(text in "(ramp |from |to |over |for |[0-9]{1,5}|, ?|5s|.){0,12}") {
            let _ = text.parse::<Profile>();
        }
    }
}
