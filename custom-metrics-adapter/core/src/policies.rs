//! `--policies FILE`: what goes beyond prometheus-adapter's configuration file, which stays exactly its
//! format, so that people can go back by changing the image.
//!
//! ```yaml
//! apiVersion: custom-metrics-stack/v1
//! defaults: {refresh: 5s}
//! policies:
//! - match: {metric: queue_depth, group: external.metrics.k8s.io}
//!   onEmpty: zero
//!   aliveQuery: up{job="queue"}
//! - match: {metric: "http_*"}
//!   maxSampleAge: 45s
//! ```
//!
//! A policy is matched to metrics by name, because that survives a new order of the rules. No metric may
//! have two policies, so there is no precedence to learn: what shall hold for all others is in `defaults`.

mod check;
mod pattern;
mod raw;

use std::time::Duration;

use crate::{
    api::Group,
    config::yaml::{self, YamlError},
    ids::MetricName,
};

pub use check::PolicyError;
use pattern::Pattern;
use raw::RawFile;

/// The policies of a file, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policies {
    defaults: Policy,
    list: Vec<(Match, Policy)>,
}

/// The metrics a policy is about.
#[derive(Clone, Debug, PartialEq)]
struct Match {
    metric: Pattern,
    /// Both custom and external metrics without one.
    group: Option<Group>,
}

/// How a metric is to be answered. Nothing means the adapter's own choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// How long one evaluation may be served. More than one HPA period (15 s) is safe only where all
    /// readers are Object or External metrics with an `averageValue`.
    pub max_age: Option<Duration>,
    /// Raw samples older than this make an error instead of a value.
    pub max_sample_age: Option<Duration>,
    pub on_empty: Option<OnEmpty>,
    pub batching: Option<Batching>,
    /// Least time between two evaluations of one query.
    pub refresh: Option<Duration>,
}

/// What an answer without any sample means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OnEmpty {
    Error,
    /// Zero, for whole answers of Object and External metrics only, and only while this query of the same
    /// Prometheus has a result.
    Zero {
        alive_query: String,
    },
}

/// Whether one query may serve several readers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Batching {
    /// Where that is provably the same answer.
    Auto,
    Never,
}

/// Whether a policy says something by one of its keys.
type IsUsed = fn(&Policy) -> bool;

impl Policies {
    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// The first thing that is wrong: its line, its place, its value and what would be right.
    pub fn from_yaml(text: &str) -> Result<Self, PolicyError> {
        let file: RawFile = yaml::read(text)?;
        Self::try_from(file).map_err(|error| error.locate(text))
    }

    /// The policy of a metric: what is said of it, and the defaults for the rest.
    pub fn of(&self, group: Group, metric: &MetricName) -> Policy {
        let own = self
            .list
            .iter()
            .find(|(what, _)| what.covers(group, metric.as_str()));
        match own {
            Some((_, policy)) => policy.clone().or(&self.defaults),
            None => self.defaults.clone(),
        }
    }

    /// How many there are besides the defaults.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.defaults == Policy::default()
    }

    /// The keys that are used anywhere in the file, sorted.
    pub fn used_keys(&self) -> Vec<&'static str> {
        let all = || {
            self.list
                .iter()
                .map(|(_, policy)| policy)
                .chain([&self.defaults])
        };
        let used: [(&str, IsUsed); 5] = [
            ("batching", |policy| policy.batching.is_some()),
            ("maxAge", |policy| policy.max_age.is_some()),
            ("maxSampleAge", |policy| policy.max_sample_age.is_some()),
            ("onEmpty", |policy| policy.on_empty.is_some()),
            ("refresh", |policy| policy.refresh.is_some()),
        ];
        let used = used.into_iter().filter(|(_, is_used)| all().any(is_used));
        used.map(|(key, _)| key).collect()
    }
}

impl Policy {
    fn or(self, defaults: &Self) -> Self {
        Self {
            max_age: self.max_age.or(defaults.max_age),
            max_sample_age: self.max_sample_age.or(defaults.max_sample_age),
            on_empty: self.on_empty.or_else(|| defaults.on_empty.clone()),
            batching: self.batching.or(defaults.batching),
            refresh: self.refresh.or(defaults.refresh),
        }
    }
}

impl Match {
    fn covers(&self, group: Group, metric: &str) -> bool {
        self.group.is_none_or(|own| own == group) && self.metric.matches(metric)
    }

    /// Whether a metric can exist that both are about.
    fn overlaps(&self, other: &Self) -> bool {
        let groups = match (self.group, other.group) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        groups && self.metric.overlaps(&other.metric)
    }
}

impl From<YamlError> for PolicyError {
    fn from(error: YamlError) -> Self {
        Self {
            line: error.line,
            path: error.path,
            problem: error.problem,
        }
    }
}

#[cfg(test)]
mod tests;
