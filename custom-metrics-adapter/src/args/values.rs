//! Values of flags, read as Go reads them.

use std::time::Duration;

/// Units of a Go duration in nanoseconds. Longer names first where one begins another.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000), // U+00B5
    ("μs", 1_000), // U+03BC
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
/// Digits of a fraction that matter below one nanosecond of an hour.
const FRACTION_DIGITS: usize = 16;
const FIX: &str = "write a duration such as 10m0s, 1h30m, 500ms or 0s";

/// A Go duration, such as `10m0s`, `1h30m`, `1.5h` or `500ms`.
///
/// # Errors
/// When it is none, is negative, or is longer than Go can hold (292 years).
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text.starts_with('-') {
        return Err("must not be negative".to_owned());
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(FIX.to_owned());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (part, after) = term(rest).ok_or(FIX)?;
        total = total.saturating_add(part);
        rest = after;
    }
    match i64::try_from(total) {
        Ok(nanoseconds) => Ok(Duration::from_nanos(nanoseconds.unsigned_abs())),
        Err(_) => Err("is too long".to_owned()),
    }
}

/// One number with its unit, in nanoseconds, and what follows.
fn term(text: &str) -> Option<(u128, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), digits);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest
        .find(|character: char| character.is_ascii_digit() || character == '.')
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let unit = u128::from(*unit);
    let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = number(fraction) * unit / scale;
    Some((
        number(whole).saturating_mul(unit).saturating_add(part),
        rest,
    ))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// More digits than a number can hold are too many for any unit.
fn number(digits: &str) -> u128 {
    match digits {
        "" => 0,
        digits => digits.parse().unwrap_or(u128::MAX),
    }
}

/// A duration above zero: an interval or a budget of nothing would spin or always fail.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("must be longer than 0s".to_owned());
    }
    Ok(duration)
}

/// A boolean in any of the spellings of Go's `strconv.ParseBool`.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("write true or false".to_owned()),
    }
}

/// A text with something in it.
pub(super) fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("must not be blank".to_owned());
    }
    Ok(text.to_owned())
}

/// A header as `NAME=VALUE`; its value may be a secret, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    /// Empty when no `=` was given.
    pub value: String,
}

impl Header {
    #[expect(clippy::unnecessary_wraps, reason = "the form of a value parser")]
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Header")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("0s", 0),
            ("+5s", 5_000_000_000),
            ("10m0s", 600_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("500ms", 500_000_000),
            ("1us1µs1μs1ns", 3_001),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("2562047h47m16.854775807s", i64::MAX.unsigned_abs()),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_nanos(nanoseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_form_of_one() {
        for text in [
            "", "5", "m", "1d", "5 m", "1h-1m", ".s", "1..5s", "10min", " 5s",
        ] {
            assert_eq!(duration(text), Err(FIX.to_owned()), "{text}");
        }
        assert_eq!(duration("-5s").unwrap_err(), "must not be negative");
        assert_eq!(duration("2562048h").unwrap_err(), "is too long");
        assert_eq!(duration(&"9".repeat(400)).unwrap_err(), FIX);
        assert_eq!(
            duration(&("9".repeat(400) + "h")).unwrap_err(),
            "is too long"
        );
    }

    #[test]
    fn a_header_is_split_at_its_first_equals_sign_and_keeps_its_value_to_itself() {
        let header = |text| Header::parse(text).unwrap();
        assert_eq!(header("bux=baz=23").value, "baz=23");
        assert_eq!(header("foo").value, "");
        assert!(!format!("{:?}", header("Authorization=secret")).contains("secret"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_an_error(text in ".*") {
            let _ = duration(&text);
        }

        #[test]
        fn whole_milliseconds_survive(milliseconds in 0..u64::from(u32::MAX)) {
            let text = format!("{}s{}ms", milliseconds / 1000, milliseconds % 1000);
            prop_assert_eq!(duration(&text), Ok(Duration::from_millis(milliseconds)));
        }
    }
}
