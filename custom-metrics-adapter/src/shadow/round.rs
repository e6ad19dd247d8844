//! One round: every metric of every autoscaler from both sides at the same moment.

use std::collections::BTreeMap;
use std::time::Duration;

use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::hpa::compare::{self, Reading, Verdict, World};
use custom_metrics_core::hpa::pods::Values;
use custom_metrics_core::hpa::{Decision, Hpa, Metric, decide, read};
use custom_metrics_core::path::Request;
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::selector::Selector;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::incumbent;
use super::ours::Ours;
use super::report::{HpaSeen, Seen, State};
use crate::check::cluster::{Cluster, ReadError};
use crate::check::scaled::Scaled;

/// Enough to hide round trips; the pace itself is set by the rate of requests.
const CONCURRENT: usize = 4;

/// Both sides and how closely they are looked at.
pub(super) struct Round<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) ours: &'a Ours,
    pub(super) kinds: &'a ResourceMap,
    /// The version of custom metrics that the cluster prefers.
    pub(super) custom: GroupVersion,
    pub(super) tolerance: f64,
    pub(super) retry_after: Duration,
}

/// What a round showed, and what could not be read.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) seen: Vec<HpaSeen>,
    pub(super) problems: Vec<String>,
}

/// Both answers to one read.
struct Pair {
    incumbent: Result<Reading, String>,
    ours: Result<Reading, String>,
}

impl Round<'_> {
    /// # Errors
    /// When the autoscalers cannot be listed.
    pub(super) async fn run(
        &self,
        namespace: Option<&str>,
        selector: &Selector,
    ) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let listed = self.cluster.autoscalers(namespace, selector).await;
        let listed =
            listed.map_err(|error| anyhow::anyhow!("list HorizontalPodAutoscalers: {error}"))?;
        let mut hpas = vec![];
        for hpa in listed {
            match hpa {
                Ok(hpa) => hpas.push(hpa),
                Err(error) => outcome.problems.push(error.to_string()),
            }
        }
        let looked = stream::iter(hpas).map(|hpa| async move {
            let scaled = self.cluster.scaled(&hpa, self.kinds).await;
            (hpa, scaled)
        });
        let looked: Vec<_> = looked.buffered(CONCURRENT).collect().await;
        let mut known = vec![];
        for (hpa, scaled) in looked {
            match scaled {
                Ok(scaled) => known.push((hpa, scaled)),
                Err(error) => {
                    let (namespace, name) = (&hpa.namespace, &hpa.name);
                    outcome
                        .problems
                        .push(format!("what {namespace}/{name} scales: {error}"));
                }
            }
        }
        let pods = known
            .iter()
            .map(|(hpa, scaled)| (&hpa.namespace, scaled.pods.as_slice()));
        self.ours.know_pods(pods);
        let compared = stream::iter(known).map(|(hpa, scaled)| self.compare(hpa, scaled));
        outcome.seen = compared.buffered(CONCURRENT).collect().await;
        Ok(outcome)
    }

    async fn compare(&self, hpa: Hpa, scaled: Scaled) -> HpaSeen {
        let mut metrics = vec![];
        let (mut incumbents, mut ours) = (vec![], vec![]);
        for metric in &hpa.metrics {
            let world = world(&scaled, metric);
            let proposal = |reading: &Result<Reading, String>| {
                let reading = reading.as_ref().ok()?;
                let proposal = compare::propose(metric, reading, &world, hpa.tolerance);
                proposal.ok().map(|proposal| proposal.replicas)
            };
            let request = read::request(&hpa, metric, &scaled.selector, self.custom, self.kinds);
            let (url, seen, pair) = match request {
                Ok(request) => {
                    let (seen, pair) = self.read(metric, &request, &world).await;
                    (Some(read::url(&request)), seen, pair)
                }
                // The controller cannot ask for it, whoever would answer.
                Err(error) => {
                    let nobody = || Err(error.to_string());
                    let pair = Pair {
                        incumbent: nobody(),
                        ours: nobody(),
                    };
                    (None, show(State::MissingInBoth, &pair), pair)
                }
            };
            incumbents.push(proposal(&pair.incumbent));
            ours.push(proposal(&pair.ours));
            metrics.push((url, seen));
        }
        let decision = |proposals: &[Option<u32>]| -> Decision {
            decide(proposals, scaled.wanted, hpa.bounds)
        };
        HpaSeen {
            incumbent: decision(&incumbents),
            ours: decision(&ours),
            current: scaled.wanted,
            metrics,
            hpa,
        }
    }

    /// Reads both; a difference is looked at once more, because two reads are never at one instant.
    async fn read(&self, metric: &Metric, request: &Request, world: &World) -> (Seen, Pair) {
        let url = read::url(request);
        if !self.ours.serves(request) {
            let incumbent = self.incumbent(metric, &url).await;
            let pair = Pair {
                ours: incumbent.clone(),
                incumbent,
            };
            return (show(State::Elsewhere, &pair), pair);
        }
        let mut pair = self.pair(metric, request, &url).await;
        let mut state = self.judge(metric, &pair, world);
        if state >= State::Different {
            tokio::time::sleep(self.retry_after).await;
            pair = self.pair(metric, request, &url).await;
            state = self.judge(metric, &pair, world);
        }
        (show(state, &pair), pair)
    }

    async fn pair(&self, metric: &Metric, request: &Request, url: &str) -> Pair {
        self.cluster.turn().await;
        let incumbent = self.cluster.get_now::<Value>(url);
        let (incumbent, ours) = tokio::join!(incumbent, self.ours.read(metric, request));
        Pair {
            incumbent: decode(metric, incumbent),
            ours,
        }
    }

    async fn incumbent(&self, metric: &Metric, url: &str) -> Result<Reading, String> {
        decode(metric, self.cluster.get::<Value>(url).await)
    }

    fn judge(&self, metric: &Metric, pair: &Pair, world: &World) -> State {
        match (&pair.incumbent, &pair.ours) {
            (Err(_), Err(_)) => State::MissingInBoth,
            (Ok(_), Err(_)) => State::MissingInOurs,
            (Err(_), Ok(_)) => State::MissingInIncumbent,
            (Ok(incumbent), Ok(ours)) => {
                match compare::verdict(metric, incumbent, ours, world, self.tolerance) {
                    Verdict::Same => State::Same,
                    Verdict::Within => State::Within,
                    Verdict::Different => State::Different,
                }
            }
        }
    }
}

fn decode(metric: &Metric, answer: Result<Value, ReadError>) -> Result<Reading, String> {
    let list = answer.map_err(|error| error.to_string())?;
    incumbent::reading(metric, &list)
}

fn show(state: State, pair: &Pair) -> Seen {
    let text = |reading: &Result<Reading, String>| match reading {
        Ok(reading) => reading.to_string(),
        Err(why) => format!("none: {why}"),
    };
    Seen {
        state,
        incumbent: text(&pair.incumbent),
        ours: text(&pair.ours),
    }
}

/// What the controller sees beside the metric. A pod that requests nothing makes a utilization fail.
fn world(scaled: &Scaled, metric: &Metric) -> World {
    let mut requests = BTreeMap::new();
    if let custom_metrics_core::hpa::Source::Resource {
        resource,
        container,
    } = &metric.source
    {
        let of_pods = scaled.pods.iter().filter_map(|pod| {
            let request = pod.request(resource, container.as_deref())?;
            Some((pod.pod.name.clone(), request))
        });
        requests.insert(resource.clone(), of_pods.collect::<Values>());
    }
    World {
        wanted: scaled.wanted,
        existing: scaled.existing,
        pods: scaled.pods.iter().map(|pod| pod.pod.clone()).collect(),
        requests,
    }
}
