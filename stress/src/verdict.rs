//! From counts to a verdict, and from a verdict to an exit code. Pure.

use std::{fmt, str::FromStr};

/// Millionths in the whole.
const WHOLE: u32 = 1_000_000;

/// A part of the whole, exact to a millionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// Whether `part` of `whole` is more than this share. Exactly this share is not more.
    pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) > u128::from(whole) * u128::from(self.0)
    }

    /// As a fraction from 0 to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        let digits = format!("{whole}.{fraction:04}");
        write!(f, "{}%", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Why a text is not a [`Share`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("write a percentage from 0% to 100%, such as 1% or 0.05%")]
pub struct ShareError;

impl FromStr for Share {
    type Err = ShareError;

    /// Reads `1%` or `0.05%`. The sign is required: a bare `1` could mean all or a hundredth.
    fn from_str(text: &str) -> Result<Self, ShareError> {
        let number = text.strip_suffix('%').ok_or(ShareError)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err(ShareError);
        }
        let millionths = format!("{whole}{fraction:0<4}")
            .parse()
            .map_err(|_| ShareError)?;
        if millionths <= WHOLE {
            Ok(Self(millionths))
        } else {
            Err(ShareError)
        }
    }
}

/// What became of the requests that were due. Always
/// `planned = ok + failed + dropped + unfinished`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Due before arrivals ended.
    pub planned: u64,
    pub ok: u64,
    pub failed: u64,
    /// Due, and never sent.
    pub dropped: u64,
    /// Given up while waiting for the response, because the run was told to end.
    pub unfinished: u64,
}

impl Totals {
    /// Requests that did not succeed, whatever the reason.
    pub fn not_ok(self) -> u64 {
        self.failed + self.dropped + self.unfinished
    }

    pub fn add_up(self) -> bool {
        self.planned == self.ok + self.not_ok()
    }
}

/// A signal that ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
}

impl Signal {
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// 128 + number, what shells show for a process that died of the signal.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// How the run came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Completed,
    Stopped(Signal),
    NeverReady { reason: String },
}

/// Whether the run passed, why not, and the exit code that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub exit_code: u8,
    pub reason: String,
}

impl Verdict {
    pub fn passed(&self) -> bool {
        self.exit_code == 0
    }
}

/// Exit code of a run whose target failed more than `--max-fail`.
pub const EXIT_FAILED: u8 = 1;
/// Exit code of bad arguments.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a target that never accepted a connection.
pub const EXIT_NEVER_READY: u8 = 3;
/// Exit code when the results could not be written.
pub const EXIT_OUTPUT: u8 = 4;

/// Judges a finished run. An interrupted run reports the signal whatever its counts are, as
/// shells expect; the reason still names the share.
pub fn judge(ending: &Ending, totals: Totals, max_fail: Share) -> Verdict {
    let not_ok = totals.not_ok();
    let share = format!(
        "{} of {} not ok ({}), {max_fail} allowed",
        not_ok,
        totals.planned,
        percent(not_ok, totals.planned)
    );
    match ending {
        Ending::NeverReady { reason } => Verdict {
            exit_code: EXIT_NEVER_READY,
            reason: format!("target never ready: {reason}"),
        },
        Ending::Stopped(signal) => Verdict {
            exit_code: signal.exit_code(),
            reason: format!("stopped by {}; {share}", signal.name()),
        },
        Ending::Completed if max_fail.is_exceeded_by(not_ok, totals.planned) => Verdict {
            exit_code: EXIT_FAILED,
            reason: share,
        },
        Ending::Completed => Verdict {
            exit_code: 0,
            reason: share,
        },
    }
}

/// `part` of `whole` as a percentage that never rounds a failure away to 0 or up to 100.
#[expect(clippy::cast_precision_loss, reason = "display only")]
pub fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0%".to_owned();
    }
    if part == whole {
        return "100%".to_owned();
    }
    let value = part as f64 * 100.0 / whole as f64;
    format!("{:.2}%", value.clamp(0.01, 99.99))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn totals(planned: u64, failed: u64) -> Totals {
        Totals {
            planned,
            ok: planned - failed,
            failed,
            ..Totals::default()
        }
    }

    #[test]
    fn exactly_the_allowed_share_passes_and_one_more_fails() {
        let one_percent = "1%".parse().expect("a share");
        assert_eq!(
            judge(&Ending::Completed, totals(1000, 10), one_percent).exit_code,
            0
        );
        assert_eq!(
            judge(&Ending::Completed, totals(1000, 11), one_percent).exit_code,
            1
        );
    }

    #[test]
    fn dropped_and_unfinished_requests_count_against_the_target_too() {
        let none = "0%".parse().expect("a share");
        for lost in [
            Totals {
                planned: 2,
                ok: 1,
                dropped: 1,
                ..Totals::default()
            },
            Totals {
                planned: 2,
                ok: 1,
                unfinished: 1,
                ..Totals::default()
            },
        ] {
            assert!(lost.add_up());
            assert_eq!(judge(&Ending::Completed, lost, none).exit_code, 1);
        }
    }

    #[test]
    fn a_signal_decides_the_exit_code_whatever_the_counts() {
        let none = "0%".parse().expect("a share");
        for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
            assert_eq!(
                judge(&Ending::Stopped(signal), totals(10, 10), none).exit_code,
                code
            );
            assert_eq!(
                judge(&Ending::Stopped(signal), totals(10, 0), none).exit_code,
                code
            );
        }
    }

    #[test]
    fn a_share_needs_its_percent_sign() {
        for text in [
            "1",
            "0",
            "0.01",
            "",
            "%",
            "-1%",
            "100.0001%",
            "1.00001%",
            "1 %",
            "one%",
        ] {
            assert_eq!(text.parse::<Share>(), Err(ShareError), "{text}");
        }
        assert_eq!("0.05%".parse(), Ok(Share(500)));
        assert_eq!("100%".parse(), Ok(Share(WHOLE)));
    }

    #[test]
    fn a_single_failure_is_never_shown_as_zero_percent() {
        assert_eq!(percent(1, 1_000_000), "0.01%");
        assert_eq!(percent(999_999, 1_000_000), "99.99%");
        assert_eq!(percent(0, 10), "0%");
        assert_eq!(percent(10, 10), "100%");
    }

    proptest! {
        #[test]
        fn a_hundred_percent_is_never_exceeded(part in 0u64..=u64::MAX, more in 0u64..1000) {
            let whole = part.saturating_add(more);
            prop_assert!(!Share(WHOLE).is_exceeded_by(part, whole));
        }

        #[test]
        fn a_printed_share_reads_back_as_itself(millionths in 0..=WHOLE) {
            let share = Share(millionths);
            prop_assert_eq!(share.to_string().parse(), Ok(share));
        }
    }
}
