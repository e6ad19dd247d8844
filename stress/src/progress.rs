//! One line per second, for a person and for `grep`.

use std::fmt;

use crate::{
    pods::Spread,
    recorder::Counts,
    sampler::Sample,
    words::{latency, percent},
};

/// A sample as one line. The keys and their order are fixed; new ones are appended.
#[derive(Debug)]
pub struct Line<'a>(pub &'a Sample);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sample {
            second,
            counts,
            in_flight,
            interval,
            connections,
            ..
        } = self.0;
        let Counts {
            sent,
            ok,
            failed,
            dropped,
            late,
            ..
        } = counts;
        let rate = self.0.rate();
        let [p50, p99] = [interval.p50, interval.p99].map(latency);
        let Spread { pods, .. } = interval.spread;
        let [least, most] = shares(&interval.spread);
        write!(
            f,
            "t={second}s rate={rate:.1}/s sent={sent} ok={ok} failed={failed} dropped={dropped} \
             late={late} inflight={in_flight} p50={p50} p99={p99} conns={connections} pods={pods} \
             least={least} most={most}"
        )
    }
}

/// The shares of the pods with the fewest and with the most answers.
pub fn shares(spread: &Spread) -> [String; 2] {
    [spread.least, spread.most].map(|answers| match spread.pods {
        0 => "-".to_owned(),
        _ => percent(answers, spread.answers),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recorder::Interval;

    pub(crate) fn sample() -> Sample {
        Sample {
            second: 12,
            lasted: Duration::from_secs(1),
            counts: Counts {
                planned: 1200,
                sent: 1200,
                ok: 1195,
                failed: 2,
                dropped: 0,
                late: 1,
            },
            in_flight: 3,
            interval: Interval {
                counts: Counts {
                    planned: 100,
                    sent: 100,
                    ok: 98,
                    failed: 1,
                    ..Counts::default()
                },
                p50: Some(Duration::from_micros(1234)),
                p99: Some(Duration::from_micros(8401)),
                spread: Spread {
                    pods: 4,
                    answers: 98,
                    least: 20,
                    most: 28,
                },
            },
            connections: 100,
        }
    }

    #[test]
    fn a_line_has_fixed_keys_in_a_fixed_order() {
        insta::assert_snapshot!(Line(&sample()), @"t=12s rate=100.0/s sent=1200 ok=1195 failed=2 dropped=0 late=1 inflight=3 p50=1.2ms p99=8.4ms conns=100 pods=4 least=20.41% most=28.57%");
    }

    #[test]
    fn a_second_without_answers_has_no_latency_and_no_pods() {
        let silent = Sample {
            interval: Interval::default(),
            connections: 0,
            ..sample()
        };
        insta::assert_snapshot!(Line(&silent), @"t=12s rate=0.0/s sent=1200 ok=1195 failed=2 dropped=0 late=1 inflight=3 p50=- p99=- conns=0 pods=0 least=- most=-");
    }
}
