//! `metricsQuery`: what is sent, read on made-up objects.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Code, Finding, Severity, Subject, counters,
    example::{Example, NAMESPACE, OBJECT, SERIES, examples, expand},
    query::{self, Query},
};
use crate::rule::{Section, prometheus_duration};

/// Fewer scrapes than this in a window, and a lost one shows.
const SCRAPES: u32 = 4;
/// Functions that need several samples of a counter.
pub(super) const RATES: [&str; 3] = ["rate", "irate", "increase"];
pub(super) fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let names = subject.names();
    let series = names.first().copied().unwrap_or(SERIES);
    let mut findings = vec![];
    for example in examples(subject.rule, series, subject.resources) {
        match &example.query {
            // That there is no label of the namespace is a finding of its own.
            Err(_) if super::resources::no_namespace(subject).is_some() => {}
            Err(problem) => findings.push(no_query(subject, &example, problem)),
            Ok(text) => {
                let query = query::read(text);
                findings.extend(windows(subject, &query));
                findings.extend(labels(subject, &example, &query));
                findings.extend(confined(subject, &example, &query));
                findings.extend(shape(subject, &query));
            }
        }
    }
    findings.extend(counters::lint(subject, &names));
    findings.extend(selectors(subject, series));
    // One text serves every resource, so most of it shows more than once.
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.id, finding.what.clone())));
    findings
}

pub(super) fn query_finding(
    subject: &Subject<'_>,
    code: Code,
    what: impl Into<String>,
    fix: impl Into<String>,
) -> Finding {
    subject.finding(code, "metricsQuery", what, fix)
}

fn no_query(subject: &Subject<'_>, example: &Example, problem: &str) -> Finding {
    let about = example
        .resource
        .as_deref()
        .map_or_else(String::new, |kind| format!("for {kind}: "));
    let fix = "write for example sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)";
    query_finding(subject, Code::NoQuery, format!("{about}{problem}"), fix)
}

fn windows(subject: &Subject<'_>, query: &Query) -> Vec<Finding> {
    let interval = subject.scrape_interval;
    let mut findings = vec![];
    for selector in &query.selectors {
        let rate = RATES
            .iter()
            .find(|rate| selector.within.last().is_some_and(|last| last == *rate));
        let (Some(rate), Some(range)) = (rate, &selector.range) else {
            continue;
        };
        let Ok(window) = prometheus_duration(range) else {
            continue;
        };
        let (least, severity) = if window < interval * 2 {
            (interval * 2, Severity::Error)
        } else if window < interval * SCRAPES && *rate != "irate" {
            (interval * SCRAPES, Severity::Warning)
        } else {
            continue;
        };
        let interval = seconds(interval);
        let what = format!("{rate} over [{range}] of series that are scraped every {interval}");
        let fix = format!(
            "make the window {} or longer",
            seconds(least.max(subject.scrape_interval * SCRAPES))
        );
        findings.push(query_finding(subject, Code::ShortWindow, what, fix).with_severity(severity));
    }
    findings
}

fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

/// Custom metrics are matched to objects by a label of the result.
fn labels(subject: &Subject<'_>, example: &Example, query: &Query) -> Vec<Finding> {
    let label = &example.object_label;
    let mut findings = vec![];
    for aggregation in &query.aggregations {
        let made = |function: &String| function == "label_replace" || function == "label_join";
        if aggregation
            .within
            .last()
            .is_some_and(|inner| inner == "histogram_quantile")
            && !aggregation.keeps("le")
        {
            let what = format!(
                "{} within histogram_quantile groups without le",
                aggregation.operator
            );
            let fix = "group by (<<.GroupBy>>, le)";
            findings.push(query_finding(subject, Code::NoBuckets, what, fix));
        }
        if label.is_empty() || !aggregation.outermost || aggregation.within.iter().any(made) {
            continue;
        }
        if !aggregation.keeps(label) {
            let what = format!(
                "{} drops the label {label}, which names {}",
                aggregation.operator,
                example.resource.as_deref().unwrap_or("the object")
            );
            let fix = "group by (<<.GroupBy>>)";
            findings.push(query_finding(subject, Code::LostLabel, what, fix));
        }
    }
    let external = subject.rule.section() == Section::ExternalRules;
    let empty = query.aggregations.iter().any(|aggregation| {
        let grouping = aggregation.grouping.as_ref();
        aggregation.outermost && grouping.is_some_and(|by| by.labels.is_empty() && !by.without)
    });
    if external && empty {
        let what = "the outermost aggregation is by ()";
        let fix = "fine if one sum is meant; else name the labels in the query";
        findings.push(query_finding(subject, Code::OneRow, what, fix));
    }
    findings
}

/// The made-up names must stand in a matcher somewhere.
fn confined(subject: &Subject<'_>, example: &Example, query: &Query) -> Option<Finding> {
    let (wanted, what) = match (&example.resource, subject.rule.namespaced()) {
        (Some(kind), _) => (OBJECT, format!("no matcher holds the names of {kind}")),
        (None, true) => (NAMESPACE, "no matcher holds the namespace".to_owned()),
        (None, false) => return None,
    };
    let mut matchers = query
        .selectors
        .iter()
        .flat_map(|selector| &selector.matchers);
    let confined = matchers.any(|matcher| matcher.value.contains(wanted));
    (!confined).then(|| {
        let fix = "put <<.LabelMatchers>> between the braces of the series";
        query_finding(subject, Code::NotConfined, what, fix)
    })
}

fn shape(subject: &Subject<'_>, query: &Query) -> Vec<Finding> {
    let mut findings = vec![];
    if query.empty_matcher {
        let what = "without selector and namespace the matchers begin with a comma, or two follow each other";
        let fix = "put <<.LabelMatchers>> last, behind the matchers that are always there: {x=\"y\",<<.LabelMatchers>>}";
        findings.push(query_finding(subject, Code::EmptyMatcher, what, fix));
    }
    if query.divisions.iter().any(|division| !division.guarded) {
        let what = "it divides by what may be 0";
        let fix = "compare the divisor, as in a / (b > 0), and add `or …` with the value that is true where nothing happens";
        findings.push(query_finding(subject, Code::NotANumber, what, fix));
    }
    findings
}

fn selectors(subject: &Subject<'_>, series: &str) -> Option<Finding> {
    const KEY: &str = "example_key";
    let selector = crate::selector::Selector::parse(&format!("{KEY}=example")).ok()?;
    let expanded = expand(subject.rule, series, subject.resources, &selector);
    let ignored = expanded
        .iter()
        .filter_map(|example| example.query.as_ref().ok())
        .any(|text| !text.contains(KEY));
    ignored.then(|| {
        let what = "labels of a metric selector do not reach the query";
        let fix = "put <<.LabelMatchers>> between the braces of the series";
        query_finding(subject, Code::SelectorIgnored, what, fix)
    })
}
