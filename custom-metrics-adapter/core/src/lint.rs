//! What bites people in a configuration that loads: found by reading it, and by looking at the series there are.
//!
//! Every kind of finding has an identifier that never changes its meaning; `docs/CHECK.md` explains each.

mod code;
mod counters;
mod example;
mod naming;
mod overlap;
mod query;
mod resources;
mod scan;
mod series;
mod templates;
mod usage;

use std::{fmt, time::Duration};

use serde::Serialize;

pub use code::Code;
pub use example::{Example, examples, external_everywhere};
pub use overlap::overlaps;
pub use usage::{usage, usage_examples};

use crate::{
    config::RawRule,
    registry::Series,
    resources::ResourceMap,
    rule::{Place, Rule},
};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// An HPA that depends on it does not work, or reads a wrong number.
    Error,
    /// Works until something ordinary happens.
    Warning,
    /// Worth knowing; changes no exit code.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One thing to look at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    pub id: &'static str,
    pub severity: Severity,
    /// The rule or the autoscaler, such as `rules[0]` or `HorizontalPodAutoscaler shop/web`.
    pub place: String,
    /// Below the place, such as `name.as`.
    pub field: String,
    pub what: String,
    pub why: &'static str,
    pub fix: String,
}

impl Finding {
    pub fn new(
        code: Code,
        place: impl fmt::Display,
        field: &str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            id: code.id(),
            severity: code.severity(),
            place: place.to_string(),
            field: field.to_owned(),
            what: what.into(),
            why: code.why(),
            fix: fix.into(),
        }
    }

    fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }
}

/// A rule of `rules` or `externalRules` and all that is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub rule: &'a Rule,
    /// The same rule as it is written.
    pub raw: &'a RawRule,
    pub resources: &'a ResourceMap,
    /// Time between two samples of its series.
    pub scrape_interval: Duration,
    /// What Prometheus has for its `seriesQuery`, where it was asked.
    pub series: Option<&'a [Series]>,
}

impl Subject<'_> {
    fn finding(
        &self,
        code: Code,
        field: &str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        Finding::new(
            code,
            Place::Rule(self.rule.section(), self.rule.index()),
            field,
            what,
            fix,
        )
    }

    /// Names of series that belong to the rule, as far as they are known.
    fn names(&self) -> Vec<&str> {
        match (self.series, self.rule.literal_series()) {
            (Some(series), _) if !series.is_empty() => series
                .iter()
                .map(|series| series.name.as_str())
                .filter(|name| self.rule.accepts(name))
                .collect(),
            (_, Some(literal)) => vec![literal],
            _ => vec![],
        }
    }
}

/// Everything that one rule shows.
pub fn rule(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = [
        naming::lint(subject),
        resources::lint(subject),
        templates::lint(subject),
        series::lint(subject),
    ]
    .concat();
    findings.sort_by(|one, other| (one.severity, one.id).cmp(&(other.severity, other.id)));
    findings
}

/// `a, b and 3 more`, at most `most` by name.
fn some(names: &[&str], most: usize) -> String {
    let shown = names
        .iter()
        .take(most)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
