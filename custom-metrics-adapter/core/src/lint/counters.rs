//! Counters without a rate, and rates of what is no counter.

use super::{
    Code, Finding, Severity, Subject,
    example::{SERIES, examples},
    query::{self, Selector},
    some,
    templates::{RATES, query_finding},
};

/// Ends of the names of counters; the last two belong to histograms and summaries, but not only.
const COUNTERS: [&str; 4] = ["_total", "_bucket", "_count", "_sum"];

pub(super) fn lint(subject: &Subject<'_>, names: &[&str]) -> Vec<Finding> {
    let candidates: Vec<String> = if names.is_empty() {
        promised_suffix(subject)
            .map(|suffix| format!("{SERIES}{suffix}"))
            .into_iter()
            .collect()
    } else {
        names.iter().map(|name| (*name).to_owned()).collect()
    };
    let mut bare = vec![];
    let mut gauges = vec![];
    for series in &candidates {
        let queries = examples(subject.rule, series, subject.resources);
        for query in queries
            .iter()
            .filter_map(|example| example.query.as_ref().ok())
        {
            let query = query::read(query);
            let uses = query
                .selectors
                .iter()
                .filter(|selector| selector.series() == Some(series));
            for selector in uses {
                let counter = COUNTERS.iter().any(|suffix| series.ends_with(suffix));
                let list = match (counter, is_rated(selector)) {
                    (true, false) => &mut bare,
                    (false, true) => &mut gauges,
                    _ => continue,
                };
                if !list.contains(&series.as_str()) {
                    list.push(series.as_str());
                }
            }
        }
    }
    let mut findings = vec![];
    if !bare.is_empty() {
        let sure = bare
            .iter()
            .any(|name| name.ends_with("_total") || name.ends_with("_bucket"));
        let what = format!("{} stands outside rate, irate and increase", some(&bare, 3));
        let fix = "write sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)";
        let finding = query_finding(subject, Code::BareCounter, what, fix);
        findings.push(if sure {
            finding
        } else {
            finding.with_severity(Severity::Note)
        });
    }
    if !gauges.is_empty() {
        let what = format!(
            "{} does not end in _total, _count, _sum or _bucket",
            some(&gauges, 3)
        );
        let fix = "fine if it is a counter all the same; for a gauge use deriv, delta or the value itself";
        findings.push(query_finding(subject, Code::RateOfGauge, what, fix));
    }
    findings
}

/// Any function over a range looks at changes or at history; `rate` and its like at growth.
fn is_rated(selector: &Selector) -> bool {
    let growth = [
        "resets",
        "changes",
        "delta",
        "idelta",
        "deriv",
        "histogram_quantile",
    ];
    selector
        .within
        .iter()
        .any(|function| RATES.contains(&function.as_str()) || growth.contains(&function.as_str()))
}

/// The end of the names that the filters let through, where they say so.
fn promised_suffix(subject: &Subject<'_>) -> Option<&'static str> {
    let matches = std::iter::once(subject.raw.name.matches.as_str());
    let filters = subject
        .raw
        .series_filters
        .iter()
        .map(|filter| filter.is.as_str());
    let mut patterns = matches.chain(filters);
    patterns.find_map(|pattern| {
        let pattern = pattern.trim_end_matches('$');
        COUNTERS
            .into_iter()
            .take(2)
            .find(|suffix| pattern.ends_with(suffix))
    })
}
