//! Rules that make the same metric.

use std::collections::BTreeMap;

use super::{Code, Finding, Subject, example::kinds};
use crate::rule::{Place, Section};

/// Every metric that more than one of `rules` makes for the same resource. All of one section, in
/// the order of the file.
pub fn overlaps(rules: &[Subject<'_>]) -> Vec<Finding> {
    let mut makers: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, subject) in rules.iter().enumerate() {
        for key in made(subject) {
            let makers = makers.entry(key).or_default();
            if makers.last() != Some(&index) {
                makers.push(index);
            }
        }
    }
    // One finding for each pair of rules, however many metrics they share.
    let mut pairs: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    for ((metric, resource), makers) in makers {
        if let Some((winner, losers)) = makers.split_last() {
            for loser in losers {
                let metric = format!("{resource}{metric}");
                pairs.entry((*loser, *winner)).or_default().push(metric);
            }
        }
    }
    let place = |index: usize| {
        let rule = rules[index].rule;
        Place::Rule(rule.section(), rule.index())
    };
    pairs
        .into_iter()
        .map(|((loser, winner), metrics)| {
            let metrics: Vec<&str> = metrics.iter().map(String::as_str).collect();
            let winner = place(winner);
            let what = format!("{winner} makes {} too, and wins", super::some(&metrics, 3));
            let fix =
                "narrow one of them by seriesQuery or seriesFilters, or give them different names";
            Finding::new(Code::Overlap, place(loser), "", what, fix)
        })
        .collect()
}

/// (metric, `pods/`-like prefix) of all that a rule makes, as far as it is known.
fn made(subject: &Subject<'_>) -> Vec<(String, String)> {
    let rule = subject.rule;
    let metrics = subject
        .names()
        .into_iter()
        .filter_map(|name| rule.metric(name).ok());
    let metrics = metrics.map(|metric| metric.to_string());
    match rule.section() {
        Section::ExternalRules => metrics.map(|metric| (metric, String::new())).collect(),
        Section::Rules => {
            let mut kinds: Vec<String> = kinds(rule, subject.resources)
                .into_iter()
                .map(|kind| format!("{}/", kind.group_resource()))
                .collect();
            // With a template, only the labels of series tell.
            let labels = subject
                .series
                .into_iter()
                .flatten()
                .flat_map(|series| &series.labels);
            let found =
                labels.filter_map(|label| rule.labels().resource_of(label, subject.resources));
            kinds.extend(found.map(|kind| format!("{}/", kind.group_resource())));
            kinds.sort();
            kinds.dedup();
            metrics
                .flat_map(|metric| kinds.iter().map(move |kind| (metric.clone(), kind.clone())))
                .collect()
        }
    }
}
