//! What all rounds showed, in the shape of its JSON (documented in `docs/CHECK.md`).

use std::collections::BTreeMap;

use custom_metrics_core::hpa::{Decision, Hpa, Metric};
use serde::Serialize;

pub(crate) use super::summary::{State, Summary, word};

/// Changes when a field changes its meaning or goes.
const SHAPE: u32 = 1;
/// Problems that are kept; what goes on for ever says the same again and again.
const MOST_PROBLEMS: usize = 100;

/// One metric of one autoscaler in one round.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Seen {
    pub(crate) state: State,
    /// The value, or why there is none.
    pub(crate) incumbent: String,
    pub(crate) ours: String,
}

/// One autoscaler in one round.
#[derive(Clone, Debug)]
pub(crate) struct HpaSeen {
    pub(crate) hpa: Hpa,
    /// In the order of its metrics, with the request that was sent.
    pub(crate) metrics: Vec<(Option<String>, Seen)>,
    pub(crate) current: u32,
    pub(crate) incumbent: Decision,
    pub(crate) ours: Decision,
}

impl HpaSeen {
    pub(crate) fn replicas_differ(&self) -> bool {
        self.incumbent.replicas(self.current) != self.ours.replicas(self.current)
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) shape: u32,
    pub(crate) config: String,
    pub(crate) rounds: u64,
    pub(crate) hpas: Vec<HpaReport>,
    /// What could not be read, and why.
    pub(crate) problems: Vec<String>,
    pub(crate) summary: Summary,
}

#[derive(Debug, Serialize)]
pub(crate) struct HpaReport {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) rounds: u64,
    /// Rounds in which the replica count would differ.
    pub(crate) replicas_differ: u64,
    /// The last round, or the last one that differed.
    pub(crate) replicas: Replicas,
    pub(crate) metrics: Vec<MetricReport>,
}

/// Before stabilisation and scaling policies.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Replicas {
    pub(crate) current: u32,
    pub(crate) incumbent: u32,
    pub(crate) ours: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct MetricReport {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) metric: String,
    pub(crate) target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    /// Rounds by state.
    pub(crate) states: BTreeMap<String, u64>,
    /// The gravest, and the latest of these.
    pub(crate) worst: Seen,
}

impl Report {
    pub(crate) fn new(config: String) -> Self {
        Self {
            shape: SHAPE,
            config,
            rounds: 0,
            hpas: vec![],
            problems: vec![],
            summary: Summary::default(),
        }
    }

    pub(crate) fn problem(&mut self, problem: String) {
        if self.problems.len() < MOST_PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Adds a round and tells what it alone showed.
    pub(crate) fn add(&mut self, round: Vec<HpaSeen>) -> Summary {
        self.rounds += 1;
        let mut summary = Summary::default();
        for seen in round {
            summary.hpas += 1;
            summary.replicas_differ += u64::from(seen.replicas_differ());
            for (_, metric) in &seen.metrics {
                summary.count(metric.state);
            }
            let (namespace, name) = (seen.hpa.namespace.as_str(), seen.hpa.name.as_str());
            let known = self
                .hpas
                .iter_mut()
                .find(|hpa| hpa.namespace == namespace && hpa.name == name);
            match known {
                Some(known) if known.has(&seen.hpa.metrics) => known.add(seen),
                // Its metrics were changed meanwhile: what was seen before is another story.
                Some(known) => *known = HpaReport::new(seen),
                None => self.hpas.push(HpaReport::new(seen)),
            }
        }
        self.summary.add(&summary);
        self.summary.hpas = self.hpas.len();
        summary
    }

    /// 1 where a replica count would differ, a value is missing on one side, or something was not read.
    pub(crate) fn exit_code(&self) -> u8 {
        let Summary {
            missing_in_ours,
            missing_in_incumbent,
            replicas_differ,
            ..
        } = self.summary;
        let differs = missing_in_ours + missing_in_incumbent + replicas_differ > 0;
        u8::from(differs || !self.problems.is_empty())
    }
}

impl HpaReport {
    fn new(seen: HpaSeen) -> Self {
        let mut report = Self {
            namespace: seen.hpa.namespace.to_string(),
            name: seen.hpa.name.to_string(),
            rounds: 0,
            replicas_differ: 0,
            replicas: replicas(&seen),
            metrics: seen
                .hpa
                .metrics
                .iter()
                .zip(&seen.metrics)
                .map(MetricReport::new)
                .collect(),
        };
        report.add(seen);
        report
    }

    fn has(&self, metrics: &[Metric]) -> bool {
        let mine = self
            .metrics
            .iter()
            .map(|mine| (mine.kind, mine.metric.as_str(), mine.target.clone()));
        mine.eq(metrics
            .iter()
            .map(|metric| (metric.kind(), metric.name(), metric.target.to_string())))
    }

    fn add(&mut self, seen: HpaSeen) {
        self.rounds += 1;
        let differs = seen.replicas_differ();
        if differs || self.replicas_differ == 0 {
            self.replicas = replicas(&seen);
        }
        self.replicas_differ += u64::from(differs);
        for (report, (_, seen)) in self.metrics.iter_mut().zip(seen.metrics) {
            *report
                .states
                .entry(word(seen.state).to_owned())
                .or_default() += 1;
            if seen.state >= report.worst.state {
                report.worst = seen;
            }
        }
    }
}

impl MetricReport {
    fn new((metric, (request, seen)): (&Metric, &(Option<String>, Seen))) -> Self {
        Self {
            kind: metric.kind(),
            metric: metric.name().to_owned(),
            target: metric.target.to_string(),
            request: request.clone(),
            states: BTreeMap::new(),
            worst: seen.clone(),
        }
    }
}

fn replicas(seen: &HpaSeen) -> Replicas {
    Replicas {
        current: seen.current,
        incumbent: seen.incumbent.replicas(seen.current),
        ours: seen.ours.replicas(seen.current),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hpa(target: u32) -> Hpa {
        let pods = json!({"metric": {"name": "rps"}, "target": {"averageValue": target}});
        let object = json!({
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"maxReplicas": 9, "metrics": [{"type": "Pods", "pods": pods}]},
        });
        Hpa::read(object, "default").unwrap()
    }

    fn seen(state: State, incumbent: u32, ours: u32) -> HpaSeen {
        let metric = Seen {
            state,
            incumbent: "1".to_owned(),
            ours: "2".to_owned(),
        };
        HpaSeen {
            hpa: hpa(10),
            metrics: vec![(None, metric)],
            current: 3,
            incumbent: Decision::Replicas(incumbent),
            ours: Decision::Replicas(ours),
        }
    }

    #[test]
    fn equal_answers_are_exit_0_and_so_are_differences_without_effect() {
        let mut report = Report::new("c".to_owned());
        for state in [
            State::Same,
            State::Within,
            State::Different,
            State::MissingInBoth,
        ] {
            report.add(vec![seen(state, 3, 3)]);
        }
        assert_eq!(
            (report.exit_code(), report.rounds, report.summary.hpas),
            (0, 4, 1)
        );
        assert_eq!(report.hpas[0].metrics[0].worst.state, State::Different);
        assert_eq!(report.hpas[0].metrics[0].states["same"], 1);
    }

    #[test]
    fn another_replica_count_or_a_value_missing_on_one_side_is_exit_1() {
        for bad in [
            seen(State::Different, 3, 4),
            seen(State::MissingInOurs, 3, 3),
            seen(State::MissingInIncumbent, 3, 3),
        ] {
            let mut report = Report::new("c".to_owned());
            report.add(vec![bad]);
            assert_eq!(report.exit_code(), 1);
        }
        let mut report = Report::new("c".to_owned());
        report.problem("pods are forbidden".to_owned());
        assert_eq!(report.exit_code(), 1);
    }

    #[test]
    fn the_round_that_differed_is_the_one_that_is_kept() {
        let mut report = Report::new("c".to_owned());
        report.add(vec![seen(State::Different, 3, 5)]);
        report.add(vec![seen(State::Same, 3, 3)]);
        let hpa = &report.hpas[0];
        assert_eq!(
            (hpa.rounds, hpa.replicas_differ, hpa.replicas.ours),
            (2, 1, 5)
        );
    }

    #[test]
    fn a_changed_autoscaler_begins_anew() {
        let mut report = Report::new("c".to_owned());
        report.add(vec![seen(State::Different, 3, 5)]);
        let mut changed = seen(State::Same, 3, 3);
        changed.hpa = hpa(20);
        report.add(vec![changed]);
        assert_eq!((report.hpas.len(), report.hpas[0].rounds), (1, 1));
    }
}
