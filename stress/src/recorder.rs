//! Counts and latency histograms of a run, in constant memory.

mod counts;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use counts::Counts;
use hdrhistogram::Histogram;

use crate::{
    outcome::{Failed, Failure, Reply},
    pods::{Pods, Spread},
    verdict::Totals,
};

/// A request sent later than this after its due time is counted as late.
pub const LATE: Duration = Duration::from_millis(10);
/// Longest latency told apart, in µs: above the longest `--timeout` and any plausible stall.
const LONGEST_MICROS: u64 = 15 * 60 * 1_000_000;
/// Longest text kept of an error.
const LONGEST_DETAIL: usize = 200;

/// Why a due request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropCause {
    /// `--max-in-flight` requests were waiting for their answers.
    InFlightCap,
    /// This process had stood still for so long that sending would be a burst, not the load.
    GeneratorStalled,
}

/// How long a request took. In a closed loop nothing is ever due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    pub from_due: Option<Duration>,
    pub from_send: Duration,
}

/// Everything measured so far.
#[derive(Debug)]
pub struct Recorder {
    counts: Counts,
    pub dropped_at_cap: u64,
    pub dropped_stalled: u64,
    pub in_flight: u64,
    failures: [u64; Failure::ALL.len()],
    /// The first error of each class, in words.
    examples: [Option<String>; Failure::ALL.len()],
    pub from_due: Histogram<u64>,
    pub from_send: Histogram<u64>,
    pub lateness: Histogram<u64>,
    pub pods: Pods,
    interval: Histogram<u64>,
    interval_began: Counts,
}

/// What happened since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    pub counts: Counts,
    /// Latency from due time, or from sending in a closed loop; `None` when nothing with a
    /// latency ended.
    pub p50: Option<Duration>,
    pub p99: Option<Duration>,
    pub spread: Spread,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            counts: Counts::default(),
            dropped_at_cap: 0,
            dropped_stalled: 0,
            in_flight: 0,
            failures: [0; Failure::ALL.len()],
            examples: [const { None }; Failure::ALL.len()],
            from_due: histogram(),
            from_send: histogram(),
            lateness: histogram(),
            pods: Pods::default(),
            interval: histogram(),
            interval_began: Counts::default(),
        }
    }
}

impl Recorder {
    /// A request came due and goes out now.
    pub fn released(&mut self) {
        self.counts.planned += 1;
        self.in_flight += 1;
    }

    /// A request came due and will not be sent.
    pub fn dropped(&mut self, cause: DropCause) {
        self.counts.planned += 1;
        self.counts.dropped += 1;
        match cause {
            DropCause::InFlightCap => self.dropped_at_cap += 1,
            DropCause::GeneratorStalled => self.dropped_stalled += 1,
        }
    }

    /// A released request begins, `lateness` after its due time.
    pub fn sent(&mut self, lateness: Duration) {
        self.counts.sent += 1;
        self.counts.late += u64::from(lateness > LATE);
        record(&mut self.lateness, lateness);
    }

    /// A worker of a closed loop begins a request, which was never due.
    pub fn begun(&mut self) {
        self.released();
        self.counts.sent += 1;
    }

    /// A released request has ended.
    pub fn finished(&mut self, reply: Reply, latency: Latency) {
        self.in_flight -= 1;
        let has_latency = match &reply.result {
            Ok(()) => true,
            Err(failed) => failed.class.has_latency(),
        };
        if has_latency {
            let Latency {
                from_due,
                from_send,
            } = latency;
            if let Some(from_due) = from_due {
                record(&mut self.from_due, from_due);
            }
            record(&mut self.from_send, from_send);
            record(&mut self.interval, from_due.unwrap_or(from_send));
        }
        match reply.result {
            Ok(()) => self.counts.ok += 1,
            Err(failed) => self.failed(&failed),
        }
        if let Some(pod) = reply.pod {
            self.pods.answered(pod);
        }
    }

    /// What happened since the last call, or since the start.
    pub fn take_interval(&mut self) -> Interval {
        let latency = |q| (!self.interval.is_empty()).then(|| quantile(&self.interval, q));
        let interval = Interval {
            counts: self.counts.since(self.interval_began),
            p50: latency(0.50),
            p99: latency(0.99),
            spread: self.pods.take_interval(),
        };
        self.interval.reset();
        self.interval_began = self.counts;
        interval
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// 99th percentile of the latency, from due time where there is one.
    pub fn p99(&self) -> Option<Duration> {
        let latency = if self.from_due.is_empty() {
            &self.from_send
        } else {
            &self.from_due
        };
        (!latency.is_empty()).then(|| quantile(latency, 0.99))
    }

    /// Whether the generator itself is the bottleneck.
    pub fn generator_is_late(&self) -> bool {
        !self.lateness.is_empty() && quantile(&self.lateness, 0.99) > LATE
    }

    /// Each class of failure with its count and first error.
    pub fn failures(&self) -> impl Iterator<Item = (Failure, u64, Option<&str>)> {
        Failure::ALL.into_iter().map(|class| {
            (
                class,
                self.failures[class.index()],
                self.examples[class.index()].as_deref(),
            )
        })
    }

    /// The account of all requests that have come due.
    pub fn totals(&self) -> Totals {
        let Counts {
            planned,
            ok,
            failed,
            dropped,
            ..
        } = self.counts;
        Totals {
            planned,
            ok,
            failed,
            dropped,
            unfinished: self.in_flight,
        }
    }

    fn failed(&mut self, failed: &Failed) {
        let index = failed.class.index();
        self.counts.failed += 1;
        self.failures[index] += 1;
        self.examples[index].get_or_insert_with(|| printable(&failed.detail));
    }
}

/// A recorder that the requests of one run share.
#[derive(Clone, Debug, Default)]
pub struct SharedRecorder(Arc<Mutex<Recorder>>);

impl SharedRecorder {
    /// Never held across an await. A panic elsewhere leaves at worst one request half counted.
    pub fn lock(&self) -> MutexGuard<'_, Recorder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("the bounds are valid constants")
}

/// Never above the largest value, whatever the width of its bucket.
fn quantile(histogram: &Histogram<u64>, q: f64) -> Duration {
    Duration::from_micros(histogram.value_at_quantile(q).min(histogram.max()))
}

fn record(histogram: &mut Histogram<u64>, value: Duration) {
    histogram.saturating_record(u64::try_from(value.as_micros()).unwrap_or(u64::MAX));
}

/// Foreign text, safe to print: one line, no control characters, bounded.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_DETAIL)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failed(class: Failure, detail: &str) -> Reply {
        Failed::new(class, detail).into()
    }

    fn ok(pod: Option<&str>) -> Reply {
        Reply {
            result: Ok(()),
            pod: pod.map(str::to_owned),
        }
    }

    const SHORT: Latency = Latency {
        from_due: Some(Duration::from_millis(2)),
        from_send: Duration::from_millis(1),
    };

    #[test]
    fn the_first_error_of_a_class_is_kept_on_one_short_line() {
        let mut recorder = Recorder::default();
        for detail in ["a\r\n\u{1b}[31mb", "later"] {
            recorder.released();
            recorder.finished(failed(Failure::Reset, detail), SHORT);
        }
        let (_, count, example) = recorder
            .failures()
            .nth(Failure::Reset.index())
            .expect("the class");
        assert_eq!((count, example), (2, Some("a   [31mb")));
    }

    #[test]
    fn a_timeout_has_a_latency_and_a_refused_connection_has_none() {
        let mut recorder = Recorder::default();
        for class in [Failure::Timeout, Failure::Refused] {
            recorder.released();
            recorder.finished(failed(class, ""), SHORT);
        }
        assert_eq!((recorder.from_due.len(), recorder.from_send.len()), (1, 1));
    }

    #[test]
    fn an_interval_is_forgotten_once_taken() {
        let mut recorder = Recorder::default();
        recorder.released();
        recorder.sent(Duration::from_millis(11));
        recorder.finished(ok(None), SHORT);
        let first = recorder.take_interval();
        let one = Counts {
            planned: 1,
            sent: 1,
            ok: 1,
            late: 1,
            ..Counts::default()
        };
        assert_eq!(first.counts, one);
        assert!(first.p50.is_some_and(|p50| p50 >= Duration::from_millis(2)));
        assert_eq!(recorder.take_interval(), Interval::default());
        assert_eq!(recorder.counts(), one);
    }

    #[test]
    fn in_a_closed_loop_nothing_is_due_so_nothing_is_late() {
        let mut recorder = Recorder::default();
        recorder.begun();
        let from_send = Duration::from_secs(1);
        recorder.finished(
            ok(None),
            Latency {
                from_due: None,
                from_send,
            },
        );
        assert_eq!((recorder.lateness.len(), recorder.from_due.len()), (0, 0));
        assert!(recorder.take_interval().p50 >= Some(from_send));
    }

    proptest! {
        /// Steps: release, drop at the cap, drop as stalled, or end the oldest in some way.
        #[test]
        fn the_account_adds_up_after_every_step(steps in prop::collection::vec(0u8..=15, 0..200)) {
            let mut recorder = Recorder::default();
            let mut waiting = 0u64;
            for step in steps {
                match step {
                    0 => { recorder.released(); waiting += 1; }
                    1 => recorder.dropped(DropCause::InFlightCap),
                    2 => recorder.dropped(DropCause::GeneratorStalled),
                    _ if waiting == 0 => {}
                    ending => {
                        let class = Failure::ALL.get(usize::from(ending) - 3);
                        let reply = class.map_or_else(|| ok(None), |class| failed(*class, "x"));
                        recorder.finished(reply, Latency::default());
                        waiting -= 1;
                    }
                }
                prop_assert!(recorder.totals().add_up(), "{:?}", recorder.totals());
                prop_assert_eq!(recorder.totals().unfinished, waiting);
            }
        }
    }
}
