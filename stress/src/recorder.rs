//! Counts and latency histograms of a run, in constant memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hdrhistogram::Histogram;

use crate::{
    outcome::{Failed, Failure, Reply},
    verdict::Totals,
};

/// A request sent later than this after its due time is counted as late.
pub const LATE: Duration = Duration::from_millis(10);
/// Longest latency told apart, in µs: above the longest `--timeout` and any plausible stall.
const LONGEST_MICROS: u64 = 15 * 60 * 1_000_000;
/// Pods counted by name; requests to further pods are counted together.
const MOST_PODS: usize = 256;
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

/// Everything measured so far.
#[derive(Debug)]
pub struct Recorder {
    pub planned: u64,
    pub sent: u64,
    pub ok: u64,
    pub dropped_at_cap: u64,
    pub dropped_stalled: u64,
    pub late: u64,
    pub in_flight: u64,
    failures: [u64; Failure::ALL.len()],
    /// The first error of each class, in words.
    examples: [Option<String>; Failure::ALL.len()],
    pub from_due: Histogram<u64>,
    pub from_send: Histogram<u64>,
    pub lateness: Histogram<u64>,
    pub pods: BTreeMap<String, u64>,
    pub other_pods: u64,
    interval: Histogram<u64>,
    interval_sent: u64,
}

/// What happened since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub sent: u64,
    /// Latency from due time; `None` when nothing with a latency ended.
    pub p50: Option<Duration>,
    pub p99: Option<Duration>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            planned: 0,
            sent: 0,
            ok: 0,
            dropped_at_cap: 0,
            dropped_stalled: 0,
            late: 0,
            in_flight: 0,
            failures: [0; Failure::ALL.len()],
            examples: [const { None }; Failure::ALL.len()],
            from_due: histogram(),
            from_send: histogram(),
            lateness: histogram(),
            pods: BTreeMap::new(),
            other_pods: 0,
            interval: histogram(),
            interval_sent: 0,
        }
    }
}

impl Recorder {
    /// A request came due and goes out now.
    pub fn released(&mut self) {
        self.planned += 1;
        self.in_flight += 1;
    }

    /// A request came due and will not be sent.
    pub fn dropped(&mut self, cause: DropCause) {
        self.planned += 1;
        match cause {
            DropCause::InFlightCap => self.dropped_at_cap += 1,
            DropCause::GeneratorStalled => self.dropped_stalled += 1,
        }
    }

    /// A released request begins, `lateness` after its due time.
    pub fn sent(&mut self, lateness: Duration) {
        self.sent += 1;
        self.interval_sent += 1;
        self.late += u64::from(lateness > LATE);
        record(&mut self.lateness, lateness);
    }

    /// A released request has ended.
    pub fn finished(&mut self, reply: Reply, from_due: Duration, from_send: Duration) {
        self.in_flight -= 1;
        let has_latency = match &reply.result {
            Ok(()) => true,
            Err(failed) => failed.class.has_latency(),
        };
        if has_latency {
            record(&mut self.from_due, from_due);
            record(&mut self.interval, from_due);
            record(&mut self.from_send, from_send);
        }
        match reply.result {
            Ok(()) => self.ok += 1,
            Err(failed) => self.failed(&failed),
        }
        if let Some(pod) = reply.pod {
            self.answered_by(pod);
        }
    }

    /// Counts since the last call, and starts anew.
    pub fn take_interval(&mut self) -> Interval {
        let quantile = |q| {
            (!self.interval.is_empty())
                .then(|| Duration::from_micros(self.interval.value_at_quantile(q)))
        };
        let interval = Interval {
            sent: self.interval_sent,
            p50: quantile(0.50),
            p99: quantile(0.99),
        };
        self.interval.reset();
        self.interval_sent = 0;
        interval
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
        Totals {
            planned: self.planned,
            ok: self.ok,
            failed: self.failures.iter().sum(),
            dropped: self.dropped_at_cap + self.dropped_stalled,
            unfinished: self.in_flight,
        }
    }

    fn failed(&mut self, failed: &Failed) {
        let index = failed.class.index();
        self.failures[index] += 1;
        self.examples[index].get_or_insert_with(|| printable(&failed.detail));
    }

    fn answered_by(&mut self, pod: String) {
        if let Some(count) = self.pods.get_mut(&pod) {
            *count += 1;
        } else if self.pods.len() < MOST_PODS {
            self.pods.insert(pod, 1);
        } else {
            self.other_pods += 1;
        }
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

    #[test]
    fn the_first_error_of_a_class_is_kept_on_one_short_line() {
        let mut recorder = Recorder::default();
        for detail in ["a\r\n\u{1b}[31mb", "later"] {
            recorder.released();
            recorder.finished(
                failed(Failure::Reset, detail),
                Duration::ZERO,
                Duration::ZERO,
            );
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
            recorder.finished(
                failed(class, ""),
                Duration::from_secs(10),
                Duration::from_secs(10),
            );
        }
        assert_eq!((recorder.from_due.len(), recorder.from_send.len()), (1, 1));
    }

    #[test]
    fn a_target_that_invents_pod_names_cannot_fill_the_memory() {
        let mut recorder = Recorder::default();
        for pod in 0..MOST_PODS + 10 {
            recorder.released();
            recorder.finished(
                ok(Some(&format!("pod-{pod}"))),
                Duration::ZERO,
                Duration::ZERO,
            );
        }
        assert_eq!((recorder.pods.len(), recorder.other_pods), (MOST_PODS, 10));
    }

    #[test]
    fn an_interval_is_forgotten_once_taken() {
        let mut recorder = Recorder::default();
        recorder.released();
        recorder.sent(Duration::from_millis(11));
        recorder.finished(ok(None), Duration::from_millis(2), Duration::from_millis(1));
        let first = recorder.take_interval();
        assert_eq!(first.sent, 1);
        assert!(first.p50.is_some_and(|p50| p50 >= Duration::from_millis(2)));
        let empty = Interval {
            sent: 0,
            p50: None,
            p99: None,
        };
        assert_eq!(recorder.take_interval(), empty);
        assert_eq!((recorder.sent, recorder.late, recorder.ok), (1, 1, 1));
    }

    proptest! {
        /// Steps: release, drop at the cap, drop as stalled, or end the oldest in some way.
        #[test]
        fn the_account_adds_up_after_every_step(steps in prop::collection::vec(0u8..=14, 0..200)) {
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
                        recorder.finished(reply, Duration::ZERO, Duration::ZERO);
                        waiting -= 1;
                    }
                }
                prop_assert!(recorder.totals().add_up(), "{:?}", recorder.totals());
                prop_assert_eq!(recorder.totals().unfinished, waiting);
            }
        }
    }
}
