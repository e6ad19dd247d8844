//! What the file says → policies that make sense together, and with the rules.

use std::{fmt, time::Duration};

use super::{
    Batching, Match, OnEmpty, Pattern, Policies, Policy,
    raw::{RawBatching, RawEntry, RawFile, RawGroup, RawOnEmpty, RawPolicy},
};
use crate::{
    api::Group,
    config::yaml,
    rule::{Rule, RuleSet, prometheus_duration},
};

const VERSION: &str = "custom-metrics-stack/v1";

/// What is wrong with a file of policies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyError {
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// Such as `policies[1].refresh`.
    pub path: String,
    /// With what would be right.
    pub problem: String,
}

impl PolicyError {
    fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            line: None,
            path: path.into(),
            problem: problem.into(),
        }
    }

    /// Fills in the line of `text`, where the file came from.
    #[must_use]
    pub fn locate(mut self, text: &str) -> Self {
        self.line = yaml::line_of(text, &self.path);
        self
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(out, "{}: ", self.path)?;
        }
        out.write_str(&self.problem)
    }
}

impl std::error::Error for PolicyError {}

impl TryFrom<RawFile> for Policies {
    type Error = PolicyError;

    fn try_from(file: RawFile) -> Result<Self, PolicyError> {
        if file.api_version != VERSION {
            let problem = format!("{:?}: write apiVersion: {VERSION}", file.api_version);
            return Err(PolicyError::new("apiVersion", problem));
        }
        let defaults = policy("defaults", file.defaults.unwrap_or_default())?;
        fresh_enough("defaults", &defaults)?;
        let mut list: Vec<(Match, Policy)> = vec![];
        for (index, mut raw) in file.policies.into_iter().enumerate() {
            let path = format!("policies[{index}]");
            let what = what(&path, &mut raw)?;
            let policy = policy(&path, raw.policy())?;
            fresh_enough(&path, &policy.clone().or(&defaults))?;
            if let Some(other) = list.iter().position(|(other, _)| other.overlaps(&what)) {
                let problem = format!(
                    "{:?}: policies[{other}] is about the same metric; a metric has one policy, and what holds for all others belongs into defaults",
                    what.metric.as_str()
                );
                return Err(PolicyError::new(format!("{path}.match"), problem));
            }
            list.push((what, policy));
        }
        Ok(Self { defaults, list })
    }
}

fn what(path: &str, raw: &mut RawEntry) -> Result<Match, PolicyError> {
    let what = raw.what.take().unwrap_or_default();
    if what.metric.is_empty() {
        let fix = "write match: {metric: NAME}, where * stands for any text";
        return Err(PolicyError::new(
            format!("{path}.match.metric"),
            format!("is missing; {fix}"),
        ));
    }
    Ok(Match {
        metric: Pattern::new(what.metric),
        group: what.group.map(|group| match group {
            RawGroup::Custom => Group::Custom,
            RawGroup::External => Group::External,
        }),
    })
}

fn policy(path: &str, raw: RawPolicy) -> Result<Policy, PolicyError> {
    let duration = |key: &str, text: Option<String>| -> Result<Option<Duration>, PolicyError> {
        let Some(text) = text else { return Ok(None) };
        match prometheus_duration(&text) {
            Ok(duration) if !duration.is_zero() => Ok(Some(duration)),
            read => {
                let problem = read.err().unwrap_or("must be longer than nothing");
                let problem = format!("{text:?}: {problem}; write for example {key}: 15s");
                Err(PolicyError::new(format!("{path}.{key}"), problem))
            }
        }
    };
    let on_empty = match (raw.on_empty, raw.alive_query) {
        (None, None) => None,
        (Some(RawOnEmpty::Error), None) => Some(OnEmpty::Error),
        (Some(RawOnEmpty::Zero), Some(alive_query)) if !alive_query.trim().is_empty() => {
            Some(OnEmpty::Zero { alive_query })
        }
        (Some(RawOnEmpty::Zero), _) => {
            let problem = "zero needs an aliveQuery, or an outage would look like no load; write for example aliveQuery: up{job=\"NAME\"} == 1";
            return Err(PolicyError::new(format!("{path}.onEmpty"), problem));
        }
        (None | Some(RawOnEmpty::Error), Some(_)) => {
            let problem = "only onEmpty: zero asks it; add that or leave this out";
            return Err(PolicyError::new(format!("{path}.aliveQuery"), problem));
        }
    };
    Ok(Policy {
        max_age: duration("maxAge", raw.max_age)?,
        max_sample_age: duration("maxSampleAge", raw.max_sample_age)?,
        on_empty,
        batching: raw.batching.map(|batching| match batching {
            RawBatching::Auto => Batching::Auto,
            RawBatching::Never => Batching::Never,
        }),
        refresh: duration("refresh", raw.refresh)?,
    })
}

/// A value that is refreshed less often than it may be served would be missing in between.
fn fresh_enough(path: &str, policy: &Policy) -> Result<(), PolicyError> {
    match (policy.refresh, policy.max_age) {
        (Some(refresh), Some(max_age)) if refresh > max_age => {
            let problem = format!(
                "{refresh:?} is longer than maxAge {max_age:?}, so that values would be missing in between; make it shorter"
            );
            Err(PolicyError::new(format!("{path}.refresh"), problem))
        }
        _ => Ok(()),
    }
}

impl Policies {
    /// Whether every policy has a metric, as far as the rules tell. The result holds warnings about those
    /// for which only Prometheus can tell.
    ///
    /// # Errors
    /// The first policy that no metric of the rules can ever have.
    pub fn check(&self, rules: &RuleSet) -> Result<Vec<String>, PolicyError> {
        let mut warnings = vec![];
        for (index, (what, _)) in self.list.iter().enumerate() {
            let path = format!("policies[{index}].match.metric");
            let name = what.metric.as_str();
            match what.found_in(rules) {
                Found::Yes => {}
                Found::Unknown => warnings.push(format!(
                    "{path}: {name:?}: no rule names a metric like this outright; whether there is one depends on the series in Prometheus"
                )),
                Found::No(known) => {
                    let known = known.join(", ");
                    let problem = format!("{name:?}: no rule makes a metric of this name; there are: {known}");
                    return Err(PolicyError::new(path, problem));
                }
            }
        }
        Ok(warnings)
    }
}

/// Whether a rule makes a metric.
enum Found {
    Yes,
    /// A rule may, depending on the series.
    Unknown,
    /// The metrics there are instead.
    No(Vec<String>),
}

impl Match {
    fn found_in(&self, rules: &RuleSet) -> Found {
        let sections: [(Group, &[Rule]); 2] = [
            (Group::Custom, &rules.rules),
            (Group::External, &rules.external_rules),
        ];
        let (mut known, mut certain) = (vec![], true);
        for (group, rules) in sections {
            for rule in rules
                .iter()
                .filter(|_| self.group.is_none_or(|own| own == group))
            {
                let Some(series) = rule.literal_series() else {
                    certain = false;
                    continue;
                };
                if let Ok(metric) = rule.metric(series) {
                    if self.covers(group, metric.as_str()) {
                        return Found::Yes;
                    }
                    known.push(metric.to_string());
                }
            }
        }
        if certain {
            Found::No(known)
        } else {
            Found::Unknown
        }
    }
}
