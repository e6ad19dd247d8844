//! The worked examples of prometheus-adapter: same configuration, same question, same text.
//!
//! `golden/promql.yaml` holds what the running 0.12.0 asked and its `metrics_query_test.go`,
//! `golden/external.yaml` and `golden/usage.yaml` the same for the other groups, and
//! `golden/config_gen.yaml` its `series_registry_test.go`.
#![expect(clippy::unwrap_used, reason = "test harness")]

use std::collections::BTreeSet;

use custom_metrics_core::{
    config::{RawResourceRules, RawRule, RawUsageRule},
    ids::{GroupResource, Namespace, ObjectName},
    path::Request,
    promql::{Subject, container_query, external_query, node_query, query},
    registry::{Registry, Series},
    resources::{Resource, ResourceMap},
    rule::{ResourceRules, Rule, Section},
    selector::Selector,
};
use serde::Deserialize;

/// One row of `promql.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "row")]
    id: String,
    rule: RawRule,
    series: String,
    resource: String,
    #[serde(default)]
    namespace: Option<String>,
    names: Vec<String>,
    #[serde(default)]
    selector: String,
    promql: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    /// Anchors that the rows refer to.
    #[serde(rename = "rules")]
    _rules: Vec<RawRule>,
    rows: Vec<Row>,
}

fn names(names: &[String]) -> Vec<ObjectName> {
    names
        .iter()
        .map(|name| ObjectName::new(name).unwrap())
        .collect()
}

#[test]
fn every_worked_example_gives_the_very_same_query() {
    let examples: Examples = serde_saphyr::from_str(include_str!("golden/promql.yaml")).unwrap();
    let map = ResourceMap::builtin();
    assert_eq!(examples.rows.len(), 29);
    for row in examples.rows {
        let rule = Rule::try_from((0, row.rule)).unwrap();
        let namespace = row
            .namespace
            .map(|namespace| Namespace::new(namespace).unwrap());
        let subject = Subject {
            series: &row.series,
            resource: map.resolve(&GroupResource::parse(&row.resource)).unwrap(),
            namespace: namespace.as_ref(),
            names: &names(&row.names),
            metric_selector: &Selector::parse(&row.selector).unwrap(),
        };
        let text = query(&rule, &subject, &map).map(|query| query.text);
        assert_eq!(text.as_deref(), Ok(row.promql.as_str()), "row {}", row.id);
    }
}

/// One row of `external.yaml`; the namespace is `default` unless it says so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExternalRow {
    #[serde(rename = "row")]
    id: String,
    rule: RawRule,
    series: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    selector: String,
    promql: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExternalExamples {
    #[serde(rename = "rules")]
    _rules: Vec<RawRule>,
    rows: Vec<ExternalRow>,
}

#[test]
fn every_external_example_gives_the_very_same_query() {
    let text = include_str!("golden/external.yaml");
    let examples: ExternalExamples = serde_saphyr::from_str(text).unwrap();
    assert_eq!(examples.rows.len(), 14);
    for row in examples.rows {
        let rule = Rule::new(Section::ExternalRules, 0, row.rule).unwrap();
        let namespace = row.namespace.as_deref().unwrap_or("default");
        let text = external_query(
            &rule,
            &row.series,
            &Namespace::new(namespace).unwrap(),
            &Selector::parse(&row.selector).unwrap(),
            &ResourceMap::builtin(),
        );
        assert_eq!(text.as_deref(), Ok(row.promql.as_str()), "row {}", row.id);
    }
}

/// One row of `usage.yaml`: containers in a namespace, or nodes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsageRow {
    #[serde(rename = "row")]
    id: String,
    rule: RawUsageRule,
    #[serde(default)]
    namespace: Option<String>,
    names: Vec<String>,
    promql: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsageExamples {
    #[serde(rename = "rules")]
    _rules: Vec<RawUsageRule>,
    rows: Vec<UsageRow>,
}

#[test]
fn every_usage_example_gives_the_very_same_query() {
    let text = include_str!("golden/usage.yaml");
    let examples: UsageExamples = serde_saphyr::from_str(text).unwrap();
    assert_eq!(examples.rows.len(), 3);
    let map = ResourceMap::builtin();
    for row in examples.rows {
        let raw = RawResourceRules {
            cpu: row.rule,
            ..RawResourceRules::default()
        };
        let rule = ResourceRules::try_from(raw).unwrap().cpu;
        let names = names(&row.names);
        let query = match row.namespace {
            Some(namespace) => {
                let namespace = Namespace::new(namespace).unwrap();
                container_query(&rule, &namespace, &names, &map)
            }
            None => node_query(&rule, &names, &map),
        };
        let text = query.map(|query| query.text);
        assert_eq!(text.as_deref(), Ok(row.promql.as_str()), "row {}", row.id);
    }
}

/// `config_gen.yaml`: rules, what discovery found for each, what is listed and what is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigGen {
    rules: Vec<RawRule>,
    /// Per rule: name and label names.
    discovered: Vec<Vec<(String, Vec<String>)>>,
    listed: BTreeSet<String>,
    queries: Vec<Asked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    path: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    selector: String,
    promql: String,
}

/// The mapper of prometheus-adapter's own test: ingresses and deployments are still in `extensions`.
fn extensions_mapper() -> ResourceMap {
    let rows = [
        ("", "pods", "Pod"),
        ("", "services", "Service"),
        ("extensions", "ingresses", "Ingress"),
        ("extensions", "deployments", "Deployment"),
        ("", "nodes", "Node"),
        ("", "persistentvolumes", "PersistentVolume"),
        ("", "namespaces", "Namespace"),
    ];
    ResourceMap::new(rows.map(|(group, plural, kind)| Resource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_owned(),
        kind: kind.to_owned(),
        namespaced: true,
    }))
}

#[test]
fn the_generated_rules_list_and_ask_what_they_do_upstream() {
    let ConfigGen {
        rules,
        discovered,
        listed,
        queries,
    } = serde_saphyr::from_str(include_str!("golden/config_gen.yaml")).unwrap();
    let rules: Vec<Rule> = rules
        .into_iter()
        .enumerate()
        .map(|rule| Rule::try_from(rule).unwrap())
        .collect();
    let series = |(name, labels)| Series { name, labels };
    let discovered: Vec<_> = discovered
        .into_iter()
        .map(|found| Ok(found.into_iter().map(series).collect()))
        .collect();
    let map = extensions_mapper();
    let registry = Registry::build(&rules, &discovered, &map);

    let shown: BTreeSet<_> = registry
        .listing()
        .map(|one| {
            format!(
                "{}/{}{}",
                one.resource,
                one.metric,
                if one.namespaced { " ns" } else { "" }
            )
        })
        .collect();
    assert_eq!(shown, listed);

    for Asked {
        path,
        names: asked,
        selector,
        promql,
    } in queries
    {
        let url = format!("/apis/custom.metrics.k8s.io/v1beta1/{path}");
        let Ok(Request::CustomMetric(request)) = Request::parse(&url, "") else {
            panic!("{path} is no metric")
        };
        let target = registry.find(&request, &map).unwrap();
        let subject = Subject {
            series: &target.series,
            resource: &target.resource,
            namespace: request.namespace(),
            names: &names(&asked),
            metric_selector: &Selector::parse(&selector).unwrap(),
        };
        let text = query(&rules[target.rule], &subject, &map).map(|query| query.text);
        assert_eq!(text.as_deref(), Ok(promql.as_str()), "{path}");
    }
}
