//! How many requests per second, exactly.

use std::{fmt, str::FromStr};

/// Parts of a [`Rate`] in one request per second.
const MICRO: u64 = 1_000_000;

/// Arrivals per second, kept as an exact decimal (millionths) so that due times never drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// No requests at all: where a ramp may begin or end, or a pause.
    pub const ZERO: Self = Self(0);
    /// One request in a thousand seconds.
    pub const MIN: Self = Self(MICRO / 1000);
    /// A million requests per second: beyond what one process can send.
    pub const MAX: Self = Self(1_000_000 * MICRO);

    /// Millionths of a request per second.
    pub fn micro_per_second(self) -> u64 {
        self.0
    }

    /// Requests per second, for display and estimates.
    #[expect(clippy::cast_precision_loss, reason = "at most 10^12, below 2^52")]
    pub fn per_second(self) -> f64 {
        self.0 as f64 / MICRO as f64
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_second())
    }
}

/// Why a text is not a [`Rate`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RateError {
    #[error(
        "write requests per second as a decimal number with at most 6 decimals, such as 100 or 0.5"
    )]
    Syntax,
    #[error("must be between 0.001 and 1000000 requests per second")]
    Range,
}

impl FromStr for Rate {
    type Err = RateError;

    /// Reads `100`, `0.5`, `100/s` or `100rps`.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let number = text
            .strip_suffix("/s")
            .or_else(|| text.strip_suffix("rps"))
            .unwrap_or(text);
        let (negative, number) = match number.strip_prefix('-') {
            Some(positive) => (true, positive),
            None => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return Err(RateError::Syntax);
        }
        if negative {
            return Err(RateError::Range);
        }
        let micro = format!("{whole}{fraction:0<6}")
            .parse()
            .map_err(|_| RateError::Range)?;
        let rate = Self(micro);
        if (Self::MIN..=Self::MAX).contains(&rate) {
            Ok(rate)
        } else {
            Err(RateError::Range)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_is_read_exactly() {
        for (text, micro) in [
            ("100", 100_000_000),
            ("0.5", 500_000),
            ("33.333333/s", 33_333_333),
            ("20000rps", 20_000_000_000),
            ("0.001", 1000),
            ("1000000", 1_000_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Rate(micro)), "{text}");
        }
    }

    #[test]
    fn a_rate_that_is_no_load_is_refused_with_the_right_range() {
        for text in [
            "0",
            "-5",
            "-0.1",
            "0.0009",
            "1000001",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(RateError::Range), "{text}");
        }
        for text in [
            "",
            "fast",
            "1e3",
            "1.",
            ".5",
            "1.2345678",
            "1,5",
            "+1",
            "--1",
            "NaN",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(RateError::Syntax), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_rate_reads_back_as_itself(micro in Rate::MIN.0..=Rate::MAX.0) {
            let rate = Rate(micro);
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }

        #[test]
        fn reading_a_rate_never_panics(text in ".{0,24}") {
            let _ = text.parse::<Rate>();
        }
    }
}
