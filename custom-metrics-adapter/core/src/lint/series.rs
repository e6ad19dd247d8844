//! `seriesQuery` and `seriesFilters`, read alone and beside the series there are.

use std::collections::BTreeMap;

use super::{
    Code, Finding, Severity, Subject,
    query::{self, Matcher, Selector},
    some,
};
use crate::{re2, registry::Series};

const FIELD: &str = "seriesQuery";

pub(super) fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let selector = query::read(subject.rule.series_query()).selectors;
    let mut findings = vec![];
    if let Some(selector) = selector.first() {
        findings.extend(inequality(subject, selector));
        findings.extend(every_series(subject, selector));
    }
    match subject.series {
        Some(series) => findings.extend(found(subject, series)),
        None => findings.extend(one_name_for_all(subject)),
    }
    findings
}

fn inequality(subject: &Subject<'_>, selector: &Selector) -> Vec<Finding> {
    let suspicious = |matcher: &&Matcher| {
        matches!(matcher.operator.as_str(), "=" | "!=")
            && (matcher.value.starts_with('^')
                || matcher.value.ends_with('$')
                || matcher.value.contains(".*")
                || matcher.value.contains(".+"))
    };
    selector
        .matchers
        .iter()
        .filter(suspicious)
        .map(
            |Matcher {
                 label,
                 operator,
                 value,
             }| {
                let what = format!("{label}{operator}\"{value}\" compares with the text itself");
                let regex = if operator == "=" { "=~" } else { "!~" };
                let fix = format!("write {label}{regex}\"{value}\"");
                subject.finding(Code::InequalityMeant, FIELD, what, fix)
            },
        )
        .collect()
}

fn every_series(subject: &Subject<'_>, selector: &Selector) -> Option<Finding> {
    let wide = |matcher: &Matcher| {
        let matcher = (matcher.operator.as_str(), matcher.value.as_str());
        matches!(matcher, ("!=" | "!~", _) | ("=~", ".*" | ".+"))
    };
    (selector.name.is_empty() && selector.matchers.iter().all(wide)).then(|| {
        let what = format!("{:?} only excludes", subject.rule.series_query());
        let fix = "name the series, or the beginning of their names: {__name__=~\"^http_.*\"}";
        subject.finding(Code::EverySeries, FIELD, what, fix)
    })
}

/// Without series to look at, only a name without a reference tells.
fn one_name_for_all(subject: &Subject<'_>) -> Option<Finding> {
    let expansion = subject.raw.name.expansion.as_str();
    let fixed = !expansion.is_empty() && !expansion.contains('$');
    (fixed && subject.rule.literal_series().is_none()).then(|| {
        let what = format!("every series of the rule becomes {expansion}");
        let fix = "name the one series in seriesQuery, or use a group: as: \"${1}\"";
        let finding = subject.finding(Code::ManySeries, "name.as", what, fix);
        finding.with_severity(Severity::Note)
    })
}

fn found(subject: &Subject<'_>, series: &[Series]) -> Vec<Finding> {
    if series.is_empty() {
        let what = "Prometheus has no series for it";
        let fix = "see whether the application is scraped, and whether names and labels are spelled as it exposes them";
        return vec![subject.finding(Code::NothingMatches, FIELD, what, fix)];
    }
    let names = subject.names();
    if names.is_empty() {
        return vec![filtered_out(subject, series)];
    }
    let mut findings = vec![];
    let mut metrics: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        if let Ok(metric) = subject.rule.metric(name) {
            metrics.entry(metric.to_string()).or_default().push(name);
        }
    }
    for (metric, names) in &metrics {
        if names.len() > 1 {
            let last = names.iter().max().copied().unwrap_or_default();
            let what = format!("{} all become {metric}; {last} is read", some(names, 3));
            let fix = "give each its own name, or narrow the rule to one of them";
            findings.push(subject.finding(Code::ManySeries, "name", what, fix));
        }
    }
    findings.extend(no_label(subject, series));
    findings
}

/// Which condition is to blame: the first that nothing passes, or all of them together.
fn filtered_out(subject: &Subject<'_>, series: &[Series]) -> Finding {
    let raw = subject.raw;
    let filters = raw
        .series_filters
        .iter()
        .enumerate()
        .map(|(index, filter)| {
            let wanted = filter.is_not.is_empty();
            let (key, pattern) = if wanted {
                ("is", filter.is.as_str())
            } else {
                ("isNot", filter.is_not.as_str())
            };
            (format!("seriesFilters[{index}].{key}"), pattern, wanted)
        });
    let naming = Some(("name.matches".to_owned(), raw.name.matches.as_str(), true))
        .filter(|(_, pattern, _)| !pattern.is_empty());
    let blamed = filters.chain(naming).find(|(_, pattern, wanted)| {
        let pattern = re2::compile(pattern);
        pattern.is_ok_and(|pattern| {
            series
                .iter()
                .all(|one| pattern.is_match(&one.name) != *wanted)
        })
    });
    let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
    let names = some(&names, 3);
    let (field, what) = match blamed {
        Some((field, pattern, true)) => (field, format!("{pattern:?} matches none of {names}")),
        Some((field, pattern, false)) => (field, format!("{pattern:?} matches all of {names}")),
        None => (
            "seriesFilters".to_owned(),
            format!("no name passes all conditions; there are {names}"),
        ),
    };
    let fix = "filters and name.matches look at the name of a series only, and all must pass";
    subject.finding(Code::NothingMatches, &field, what, fix)
}

/// Labels are only known where the rule has a template.
fn no_label(subject: &Subject<'_>, series: &[Series]) -> Option<Finding> {
    let labels = subject.rule.labels();
    let mut known = series.iter().flat_map(|series| &series.labels).peekable();
    known.peek()?;
    let resolved = known.any(|label| labels.resource_of(label, subject.resources).is_some());
    (!resolved).then(|| {
        let what = "none of the labels of its series names a resource";
        let fix = "name the labels of namespaces and pods by overrides";
        subject.finding(Code::NothingMatches, "resources", what, fix)
    })
}
