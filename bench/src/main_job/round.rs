//! One round: one adapter, up and down once.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use super::{
    MainJob, adapter, autoscaler,
    load::{self, LoadReport},
    timeline::{Change, Timeline},
};
use crate::{
    clock,
    kubectl::{Kubectl, Line, Lines},
    rounds::{Samples, Side},
    usage::Usage,
};

/// A line per change of the Deployment; the count is left out by Kubernetes while it is 0.
const WATCH_PODS: [&str; 7] = [
    "-n",
    "default",
    "get",
    "deployment",
    "workload",
    "--watch",
    "-o=jsonpath={.status.readyReplicas}{\"\\n\"}",
];
/// Scheduling, start, and the generator's own wait for the target.
const JOB_MARGIN: Duration = Duration::from_mins(2);
/// Rate window 60 s + scale-down window 15 s + a sync of 15 s are 90 s; beyond this it does not come back.
const BACK_BOUND: Duration = Duration::from_mins(4);
/// How long one look at a watch may take before the deadline is looked at again.
const LOOK: Duration = Duration::from_millis(500);

/// Everything seen in a round.
#[derive(Clone, Debug)]
pub struct Observed {
    /// When the autoscaler's last sync before the load was seen, in seconds since 1970.
    synced: f64,
    load: LoadReport,
    pods: Timeline,
    /// When the load began, and after the return.
    before: Counters,
    after: Counters,
}

/// What only grows, at one moment.
#[derive(Clone, Copy, Debug)]
struct Counters {
    /// Seconds since 1970.
    at: f64,
    prometheus_requests: f64,
    adapter: Usage,
}

impl Counters {
    fn read(kubectl: &Kubectl, side: Side, container: &str) -> Result<Self> {
        Ok(Self {
            at: clock::now(),
            prometheus_requests: autoscaler::prometheus_requests(kubectl)?,
            adapter: adapter::usage(kubectl, side, container)?,
        })
    }
}

/// Makes one round. `say` gets a few words at each stage.
pub fn run(job: &MainJob, side: Side, say: &dyn Fn(&str)) -> Result<Observed> {
    let kubectl = &job.kubectl;
    let manifest = load::manifest(&job.manifest, job.load)?;
    load::clear(kubectl)?;
    say("starting the adapter");
    adapter::start(kubectl, side)?;
    say("waiting for one idle pod");
    autoscaler::wait_until_calm(kubectl)?;
    let container = adapter::container(kubectl, side)?;
    let pods = kubectl.follow(&WATCH_PODS)?;
    let mut timeline = Timeline::default();

    let synced = autoscaler::next_sync(kubectl)?;
    load::start(kubectl, &manifest)?;
    let before = Counters::read(kubectl, side, &container)?;
    say(&format!("load for {} s", job.load.as_secs()));
    until_load_ends(job, &pods, &mut timeline)?;
    let load = load::report(kubectl)?;
    say(&format!(
        "load ended with {} ready pods",
        timeline.now().unwrap_or(0)
    ));
    until_one_is_left(&pods, &mut timeline)?;

    let after = Counters::read(kubectl, side, &container)?;
    Ok(Observed {
        synced,
        load,
        pods: timeline,
        before,
        after,
    })
}

fn until_load_ends(job: &MainJob, pods: &Lines, timeline: &mut Timeline) -> Result<()> {
    let end = job.kubectl.follow(&load::WATCH_END)?;
    let deadline = Instant::now() + job.load + JOB_MARGIN;
    loop {
        follow(pods, timeline)?;
        let line = end.next(Duration::ZERO)?;
        if line.is_some_and(|line| line.text.contains("Complete") || line.text.contains("Failed")) {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "the load did not end; see: kubectl describe job stress"
        );
    }
}

/// Until one pod is left or it is clear that this will not happen, which is a result and no error.
fn until_one_is_left(pods: &Lines, timeline: &mut Timeline) -> Result<()> {
    let deadline = Instant::now() + BACK_BOUND;
    while timeline.now() != Some(1) && Instant::now() < deadline {
        follow(pods, timeline)?;
    }
    Ok(())
}

fn follow(pods: &Lines, timeline: &mut Timeline) -> Result<()> {
    if let Some(Line { at, text }) = pods.next(LOOK)? {
        let ready = if text.is_empty() { 0 } else { text.parse()? };
        timeline.push(Change { at, ready });
    }
    Ok(())
}

impl Observed {
    fn seconds_to(&self, pods: u32) -> Option<f64> {
        self.pods.seconds_to(pods, self.load.started_unix_seconds)
    }

    fn seconds_back(&self) -> Option<f64> {
        self.pods.seconds_back_to_one(self.load.ended())
    }

    /// By the ids of [`super::MEASURES`].
    pub fn samples(&self) -> Samples {
        let Self {
            load,
            pods,
            before,
            after,
            ..
        } = self;
        let minutes = (after.at - before.at) / 60.0;
        let requests = after.prometheus_requests - before.prometheus_requests;
        let cpu_seconds = after.adapter.cpu_seconds - before.adapter.cpu_seconds;
        Samples::from([
            ("L1", self.seconds_to(9)),
            ("L2", self.seconds_to(10)),
            ("L3", Some(count(load.not_ok()))),
            ("L4", self.seconds_back()),
            ("L5", Some(requests / minutes)),
            ("L6", Some(1000.0 * cpu_seconds / minutes)),
            ("L7", Some(after.adapter.peak_rss / f64::from(1 << 20))),
            ("L8", Some(f64::from(pods.most()))),
        ])
    }

    pub fn summary(&self) -> String {
        let seconds =
            |time: Option<f64>| time.map_or_else(|| "never".to_owned(), |s| format!("{s:.1} s"));
        format!(
            "9 pods after {}, 10 after {}, back to 1 after {}; {} of {} requests failed",
            seconds(self.seconds_to(9)),
            seconds(self.seconds_to(10)),
            seconds(self.seconds_back()),
            self.load.not_ok(),
            self.load.planned,
        )
    }

    /// The round over time, in seconds from the first request.
    pub fn details(&self, number: u32, side: Side) -> serde_json::Value {
        let from_start = |at: f64| tenths(at - self.load.started_unix_seconds);
        let ready: Vec<_> = self
            .pods
            .changes()
            .iter()
            .map(|change| json!([from_start(change.at), change.ready]))
            .collect();
        json!({
            "round": number,
            "adapter": side.name(),
            "autoscaler_synced": from_start(self.synced),
            "load_ended": from_start(self.load.ended()),
            "requests": self.load.planned,
            "ready_pods": ready,
        })
    }
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

#[expect(
    clippy::cast_precision_loss,
    reason = "requests of a few minutes, far below 2^52"
)]
fn count(requests: u64) -> f64 {
    requests as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::main_job::MEASURES;

    fn observed() -> Observed {
        let mut pods = Timeline::default();
        for (at, ready) in [(1000.0, 1), (1035.0, 5), (1060.04, 10), (1200.0, 1)] {
            pods.push(Change { at, ready });
        }
        let counters = |at, prometheus_requests, cpu_seconds| Counters {
            at,
            prometheus_requests,
            adapter: Usage {
                cpu_seconds,
                peak_rss: 32.0 * 1024.0 * 1024.0,
            },
        };
        Observed {
            synced: 1001.0,
            load: LoadReport {
                started_unix_seconds: 1003.0,
                arrivals_seconds: 120.0,
                planned: 12_000,
                ok: 11_999,
            },
            pods,
            before: counters(1002.0, 100.0, 0.25),
            after: counters(1242.0, 116.0, 0.75),
        }
    }

    #[test]
    fn a_round_gives_a_sample_for_every_measure() {
        let samples = observed().samples();
        assert_eq!(
            samples.keys().copied().collect::<Vec<_>>(),
            MEASURES.map(|measure| measure.id)
        );
        insta::assert_json_snapshot!(samples, @r#"
        {
          "L1": 57.039999999999964,
          "L2": 57.039999999999964,
          "L3": 1.0,
          "L4": 77.0,
          "L5": 4.0,
          "L6": 125.0,
          "L7": 32.0,
          "L8": 10.0
        }
        "#);
    }

    #[test]
    fn a_round_is_kept_over_time() {
        insta::assert_json_snapshot!(observed().details(2, Side::Rival), @r#"
        {
          "adapter": "rival",
          "autoscaler_synced": -2.0,
          "load_ended": 120.0,
          "ready_pods": [
            [
              -3.0,
              1
            ],
            [
              32.0,
              5
            ],
            [
              57.0,
              10
            ],
            [
              197.0,
              1
            ]
          ],
          "requests": 12000,
          "round": 2
        }
        "#);
    }
}
