//! Numbers as people read them. Pure.

use std::time::Duration;

/// Always milliseconds, so that columns can be compared; two decimals below 1 ms.
pub fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis < 1.0 {
        format!("{millis:.2}ms")
    } else {
        format!("{millis:.1}ms")
    }
}

/// A latency that there may be none of.
pub fn latency(value: Option<Duration>) -> String {
    value.map_or_else(|| "-".to_owned(), millis)
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

    #[test]
    fn short_latencies_keep_their_digits() {
        assert_eq!(millis(Duration::from_micros(87)), "0.09ms");
        assert_eq!(millis(Duration::from_secs(10)), "10000.0ms");
    }

    #[test]
    fn a_single_failure_is_never_shown_as_zero_percent() {
        assert_eq!(percent(1, 1_000_000), "0.01%");
        assert_eq!(percent(999_999, 1_000_000), "99.99%");
        assert_eq!(percent(0, 10), "0%");
        assert_eq!(percent(10, 10), "100%");
    }
}
