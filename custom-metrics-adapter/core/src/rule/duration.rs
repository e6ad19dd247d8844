//! Durations as Prometheus writes them.

use std::time::Duration;

/// Units in the order in which they must stand, with their length in milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Longest duration that Go's signed nanoseconds hold.
const LONGEST: Duration = Duration::from_nanos(i64::MAX as u64);

/// Parses `5m`, `1h30m` or `0`: whole numbers with units from large to small, each at most once.
///
/// # Errors
/// Says what is wrong, in Prometheus' words.
pub fn prometheus_duration(text: &str) -> Result<Duration, &'static str> {
    const INVALID: &str = "not a valid duration string";
    const TOO_LONG: &str = "duration out of range";
    match text {
        "" => return Err("empty duration string"),
        "0" => return Ok(Duration::ZERO),
        _ => {}
    }
    let (mut rest, mut units, mut total) = (text, UNITS.iter(), Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(length);
        let (_, milliseconds) = units.find(|(name, _)| *name == unit).ok_or(INVALID)?;
        if number.is_empty() {
            return Err(INVALID);
        }
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*milliseconds).map(Duration::from_millis));
        total = part
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LONGEST)
            .ok_or(TOO_LONG)?;
        rest = after;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", Ok(0))]
    #[case("0s", Ok(0))]
    #[case("5m", Ok(300_000))]
    #[case("1h30m", Ok(5_400_000))]
    #[case("1y2w3d4h5m6s7ms", Ok(33_019_506_007))]
    #[case("", Err("empty duration string"))]
    #[case("5", Err("not a valid duration string"))]
    #[case("m", Err("not a valid duration string"))]
    #[case("1m1h", Err("not a valid duration string"))]
    #[case("1m1m", Err("not a valid duration string"))]
    #[case("1.5h", Err("not a valid duration string"))]
    #[case("-1h", Err("not a valid duration string"))]
    #[case("5m ", Err("not a valid duration string"))]
    #[case("300y", Err("duration out of range"))]
    #[case("99999999999999999999s", Err("duration out of range"))]
    fn durations_are_read_as_prometheus_reads_them(
        #[case] text: &str,
        #[case] expected: Result<u64, &str>,
    ) {
        assert_eq!(
            prometheus_duration(text),
            expected.map(Duration::from_millis)
        );
    }
}
