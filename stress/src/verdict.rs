//! From counts to a verdict, and from a verdict to an exit code. Pure.

use std::{fmt, str::FromStr, time::Duration};

use crate::words::{millis, percent};

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

/// Exit code of a run that missed a threshold, such as `--max-fail`.
pub const EXIT_FAILED: u8 = 1;
/// Exit code of bad arguments, an output that cannot be opened included.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a target that never accepted a connection.
pub const EXIT_NEVER_READY: u8 = 3;
/// Exit code when the results could not be written.
pub const EXIT_OUTPUT: u8 = 4;

/// What a run must keep to in order to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Largest share of requests that may not succeed.
    pub max_fail: Share,
    /// Largest 99th percentile of the latency.
    pub max_p99: Option<Duration>,
}

/// What a run is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub totals: Totals,
    /// `None` when no request had a latency.
    pub p99: Option<Duration>,
    /// Whether the generator's own delay is part of the latencies.
    pub generator_late: bool,
}

/// Judges a finished run. An interrupted run reports the signal whatever its counts are, as
/// shells expect; the reason still names the counts.
pub fn judge(ending: &Ending, measured: &Measured, thresholds: &Thresholds) -> Verdict {
    let (lost_too_many, counts) = judge_counts(measured.totals, thresholds.max_fail);
    let (too_slow, latency) = match thresholds.max_p99 {
        Some(most) => judge_latency(measured, most),
        None => (false, String::new()),
    };
    let missed = lost_too_many || too_slow;
    match ending {
        Ending::NeverReady { reason } => Verdict {
            exit_code: EXIT_NEVER_READY,
            reason: format!("target never ready: {reason}"),
        },
        Ending::Stopped(signal) => Verdict {
            exit_code: signal.exit_code(),
            reason: format!("stopped by {}; {counts}{latency}", signal.name()),
        },
        Ending::Completed => Verdict {
            exit_code: if missed { EXIT_FAILED } else { 0 },
            reason: format!("{counts}{latency}"),
        },
    }
}

/// Whether more requests were lost than allowed, and the words for it.
fn judge_counts(totals: Totals, max_fail: Share) -> (bool, String) {
    let (not_ok, planned) = (totals.not_ok(), totals.planned);
    let share = percent(not_ok, planned);
    let missed = max_fail.is_exceeded_by(not_ok, planned);
    let words = format!("{not_ok} of {planned} not ok ({share}), {max_fail} allowed");
    (missed, words)
}

/// Whether p99 was longer than `most`, and the words for it.
fn judge_latency(measured: &Measured, most: Duration) -> (bool, String) {
    let allowed = humantime::format_duration(most);
    let Some(p99) = measured.p99 else {
        return (
            true,
            format!("; no latency to compare with the {allowed} allowed"),
        );
    };
    let missed = p99 > most;
    let excuse = if missed && measured.generator_late {
        " (the generator was late, its own delay is in that)"
    } else {
        ""
    };
    (
        missed,
        format!("; p99 {}, {allowed} allowed{excuse}", millis(p99)),
    )
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

    fn allowing(max_fail: &str) -> Thresholds {
        Thresholds {
            max_fail: max_fail.parse().expect("a share"),
            max_p99: None,
        }
    }

    fn code(ending: &Ending, totals: Totals, max_fail: &str) -> u8 {
        let measured = Measured {
            totals,
            ..Measured::default()
        };
        judge(ending, &measured, &allowing(max_fail)).exit_code
    }

    #[test]
    fn exactly_the_allowed_share_passes_and_one_more_fails() {
        assert_eq!(code(&Ending::Completed, totals(1000, 10), "1%"), 0);
        assert_eq!(code(&Ending::Completed, totals(1000, 11), "1%"), 1);
    }

    #[test]
    fn dropped_and_unfinished_requests_count_against_the_target_too() {
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
            assert_eq!(code(&Ending::Completed, lost, "0%"), 1);
        }
    }

    #[test]
    fn a_signal_decides_the_exit_code_whatever_the_counts() {
        for (signal, exit_code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
            for failed in [10, 0] {
                let ending = Ending::Stopped(signal);
                assert_eq!(code(&ending, totals(10, failed), "0%"), exit_code);
            }
        }
    }

    #[test]
    fn a_slow_run_fails_its_threshold_and_a_late_generator_is_named() {
        let thresholds = Thresholds {
            max_p99: Some(Duration::from_millis(50)),
            ..allowing("1%")
        };
        let judged = |p99: Option<u64>, generator_late| {
            let measured = Measured {
                totals: totals(10, 0),
                p99: p99.map(Duration::from_millis),
                generator_late,
            };
            let verdict = judge(&Ending::Completed, &measured, &thresholds);
            (verdict.exit_code, verdict.reason)
        };
        let counts = "0 of 10 not ok (0%), 1% allowed";
        assert_eq!(
            judged(Some(50), true),
            (0, format!("{counts}; p99 50.0ms, 50ms allowed"))
        );
        assert_eq!(
            judged(Some(51), false),
            (1, format!("{counts}; p99 51.0ms, 50ms allowed"))
        );
        assert_eq!(
            judged(Some(51), true).1,
            format!(
                "{counts}; p99 51.0ms, 50ms allowed (the generator was late, its own delay is in that)"
            )
        );
        assert_eq!(
            judged(None, false),
            (
                1,
                format!("{counts}; no latency to compare with the 50ms allowed")
            )
        );
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
