//! One line per second, for a person and for `grep`.

use std::{fmt, time::Duration};

use tokio::time::Instant;

use crate::{
    console::Console,
    recorder::{Interval, Recorder, SharedRecorder},
    timer::Timer,
};

/// Lines are taken this long before the full second, so that the arrival due exactly then falls
/// into the second it begins. Only affects how the counts are cut into lines.
pub const LEAD: Duration = Duration::from_millis(2);
const TICK: Duration = Duration::from_secs(1);

/// Prints a line for every second after `start` until it is cancelled. To be called at
/// [`LEAD`] before `start` or earlier.
pub async fn every_second(
    recorder: &SharedRecorder,
    console: &Console,
    start: Instant,
    timer: &mut impl Timer,
) -> ! {
    let mut last = start - LEAD;
    let mut second = 1;
    loop {
        timer.sleep_until(start + TICK * second - LEAD).await;
        let now = Instant::now();
        let mut recorder = recorder.lock();
        let interval = recorder.take_interval();
        let line = Line::new(second, now - last, &interval, &recorder).to_string();
        drop(recorder);
        console.line(line);
        last = now;
        // After a pause of the whole process the missed lines stay missing.
        second = second.max(whole_seconds(now + LEAD - start)) + 1;
    }
}

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// One line. The keys and their order are fixed; new ones are appended.
struct Line {
    second: u32,
    /// Requests sent per second since the last line.
    rate: f64,
    sent: u64,
    ok: u64,
    failed: u64,
    dropped: u64,
    late: u64,
    in_flight: u64,
    p50: Option<Duration>,
    p99: Option<Duration>,
}

impl Line {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of one second, for display"
    )]
    fn new(second: u32, elapsed: Duration, interval: &Interval, recorder: &Recorder) -> Self {
        let totals = recorder.totals();
        Self {
            second,
            rate: interval.sent as f64 / elapsed.as_secs_f64(),
            sent: recorder.sent,
            ok: totals.ok,
            failed: totals.failed,
            dropped: totals.dropped,
            late: recorder.late,
            in_flight: recorder.in_flight,
            p50: interval.p50,
            p99: interval.p99,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            second,
            rate,
            sent,
            ok,
            failed,
            dropped,
            late,
            in_flight,
            p50,
            p99,
        } = self;
        let latency = |value: &Option<Duration>| value.map_or_else(|| "-".to_owned(), millis);
        let (p50, p99) = (latency(p50), latency(p99));
        write!(
            f,
            "t={second}s rate={rate:.1}/s sent={sent} ok={ok} failed={failed} dropped={dropped} \
             late={late} inflight={in_flight} p50={p50} p99={p99}"
        )
    }
}

/// Always milliseconds, so that columns can be compared; two decimals below 1 ms.
pub fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis < 1.0 {
        format!("{millis:.2}ms")
    } else {
        format!("{millis:.1}ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            second: 12,
            rate: 100.04,
            sent: 1200,
            ok: 1198,
            failed: 2,
            dropped: 0,
            late: 0,
            in_flight: 3,
            p50: Some(Duration::from_micros(1234)),
            p99: Some(Duration::from_micros(8401)),
        }
    }

    #[test]
    fn a_line_has_fixed_keys_in_a_fixed_order() {
        insta::assert_snapshot!(line(), @"t=12s rate=100.0/s sent=1200 ok=1198 failed=2 dropped=0 late=0 inflight=3 p50=1.2ms p99=8.4ms");
    }

    #[test]
    fn a_second_without_answers_has_no_latency() {
        let silent = Line {
            p50: None,
            p99: None,
            ..line()
        };
        insta::assert_snapshot!(silent, @"t=12s rate=100.0/s sent=1200 ok=1198 failed=2 dropped=0 late=0 inflight=3 p50=- p99=-");
    }

    #[test]
    fn short_latencies_keep_their_digits() {
        assert_eq!(millis(Duration::from_micros(87)), "0.09ms");
        assert_eq!(millis(Duration::from_secs(10)), "10000.0ms");
    }
}
