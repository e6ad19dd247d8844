//! `loop`: the main job, 1 pod → 10 → 1 under 100 requests per second, with our adapter and with
//! prometheus-adapter in its place.

pub mod adapter;
pub mod autoscaler;
pub mod load;
pub mod round;
pub mod timeline;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;

use crate::{
    kubectl::Kubectl,
    measure::{Bar, Measure},
    progress::Progress,
    report::Row,
    rounds::{Samples, Side, alternate, rows},
};

pub const TITLE: &str = "\
The main job: 100 requests per second at one pod whose autoscaler wants 10 per pod, then none. A round is one adapter, \
freshly started, in the same cluster with the same Service, rules file and Prometheus; the load begins right after \
a sync of the autoscaler, and the scale-down window is the demonstration's 15 s.";

/// The measures. prometheus-adapter is the rival.
pub const MEASURES: [Measure; 8] = [
    Measure {
        id: "L1",
        what: "first request to ≥ 9 ready pods",
        unit: "s",
        bar: Bar::RatioAtMost(1.10),
        why: "what the stack is for; one sync of the autoscaler later would be a quarter more, so a tenth tells them apart",
    },
    Measure {
        id: "L2",
        what: "first request to 10 ready pods",
        unit: "s",
        bar: Bar::RatioAtMost(1.10),
        why: "as L1; from 9 to 10 the average is 11.1 of 10, a hair above the autoscaler's tolerance of 10 %, \
              so a value that is a little low shows here",
    },
    Measure {
        id: "L3",
        what: "requests not answered with success",
        unit: "",
        bar: Bar::EachAtMost(0.0),
        why: "pods that come and go must not cost anybody a request",
    },
    Measure {
        id: "L4",
        what: "end of load to 1 ready pod",
        unit: "s",
        bar: Bar::RatioAtMost(1.10),
        why: "a value that lags or repeats keeps pods that nobody needs",
    },
    Measure {
        id: "L5",
        what: "requests to Prometheus per minute",
        unit: "",
        bar: Bar::RatioAtMost(2.0),
        why: "for one autoscaler the rival asks little; twice that leaves room for reading the age of the samples, \
              which the rival does not do",
    },
    Measure {
        id: "L6",
        what: "CPU of the adapter per minute",
        unit: "ms",
        bar: Bar::RatioAtMost(1.0),
        why: "a successor must not cost more",
    },
    Measure {
        id: "L7",
        what: "peak memory of the adapter",
        unit: "MiB",
        bar: Bar::RatioAtMost(1.0),
        why: "a successor must not cost more",
    },
    Measure {
        id: "L8",
        what: "most ready pods",
        unit: "",
        bar: Bar::EachAtLeast(9.0),
        why: "100 requests at 10 per pod are 10 pods; the autoscaler's tolerance of 10 % allows 9",
    },
];

/// What the bench is given: a lab with the stack deployed and the rival's objects prepared.
#[derive(Clone, Debug)]
pub struct MainJob {
    pub kubectl: Kubectl,
    /// The Job that makes the load; its `--duration` is replaced.
    pub manifest: PathBuf,
    pub load: Duration,
    pub rounds: u32,
}

impl MainJob {
    /// All rounds; rows, and one record per round that shows the pods over time.
    pub fn run(&self, progress: &Progress) -> Result<(Vec<Row>, Vec<serde_json::Value>)> {
        let mut details = Vec::new();
        let rounds = alternate(self.rounds, |number, side| -> Result<Samples> {
            let say = |text: &str| {
                progress.say(format!(
                    "round {number} of {}, {}: {text}",
                    self.rounds,
                    side.name()
                ));
            };
            let observed = round::run(self, side, &say)?;
            details.push(observed.details(number, side));
            say(&observed.summary());
            Ok(observed.samples())
        })?;
        // A lab that is kept is left as deployed.
        adapter::start(&self.kubectl, Side::Ours)?;
        Ok((rows(&MEASURES, &rounds), details))
    }
}
