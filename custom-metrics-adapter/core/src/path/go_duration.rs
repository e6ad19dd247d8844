//! Durations as Go's `time.ParseDuration` reads them: `1h15m30.918273645s`, `300ms`, `-1.5h`.

use std::time::Duration;

use crate::quote::quote;

const NANOSECONDS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];
/// Go's durations are nanoseconds in 64 bits.
const LONGEST: f64 = 9_223_372_036_854_775_807.0;

/// None for zero and below. The words of errors are Go's.
pub(super) fn parse(text: &str) -> Result<Option<Duration>, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(None);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let (number, after) = number(rest);
        let (unit, after) = split(after, |character| {
            character != '.' && !character.is_ascii_digit()
        });
        // `.5` and `5.` are numbers to Go as well.
        let number: f64 = number.parse().map_err(|_| invalid())?;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        let scale = NANOSECONDS.iter().find(|(known, _)| *known == unit);
        let (_, scale) = scale.ok_or_else(|| {
            format!(
                "time: unknown unit {} in duration {}",
                quote(unit),
                quote(text)
            )
        })?;
        total += number * scale;
        rest = after;
    }
    if total > LONGEST {
        return Err(invalid());
    }
    let duration = Duration::try_from_secs_f64(total / 1e9).map_err(|_| invalid())?;
    Ok(Some(duration).filter(|duration| !negative && !duration.is_zero()))
}

/// Digits, and a point with digits behind it.
fn number(text: &str) -> (&str, &str) {
    let digits = |text: &str| {
        text.find(|character: char| !character.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let mut end = digits(text);
    if text[end..].starts_with('.') {
        end += 1 + digits(&text[end + 1..]);
    }
    text.split_at(end)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|character| !belongs(character));
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1s", 1_000_000)]
    #[case("300ms", 300_000)]
    #[case("1.5h", 5_400_000_000)]
    #[case("1h15m30.5s", 4_530_500_000)]
    #[case(".5s", 500_000)]
    #[case("5.s", 5_000_000)]
    #[case("+10us", 10)]
    #[case("10\u{b5}s", 10)]
    #[case("0", 0)]
    #[case("0s", 0)]
    #[case("-1s", 0)]
    fn durations_are_read_and_those_of_no_length_say_nothing(
        #[case] text: &str,
        #[case] micros: u64,
    ) {
        let expected = Some(Duration::from_micros(micros)).filter(|_| micros > 0);
        assert_eq!(parse(text), Ok(expected));
    }

    #[rstest]
    #[case("", r#"time: invalid duration """#)]
    #[case("abc", r#"time: invalid duration "abc""#)]
    #[case("-", r#"time: invalid duration "-""#)]
    #[case(".s", r#"time: invalid duration ".s""#)]
    #[case("1.2.3s", r#"time: missing unit in duration "1.2.3s""#)]
    #[case("5", r#"time: missing unit in duration "5""#)]
    #[case("5d", r#"time: unknown unit "d" in duration "5d""#)]
    #[case("1s 2s", r#"time: unknown unit "s " in duration "1s 2s""#)]
    #[case("9999999999h", r#"time: invalid duration "9999999999h""#)]
    fn what_is_no_duration_is_refused_in_the_words_of_go(
        #[case] text: &str,
        #[case] problem: &str,
    ) {
        assert_eq!(parse(text).unwrap_err(), problem);
    }
}
