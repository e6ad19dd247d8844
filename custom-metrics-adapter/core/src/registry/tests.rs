use rstest::rstest;

use super::*;
use crate::path::Request;

fn rules(yaml: &[&str]) -> Vec<Rule> {
    let rule = |(index, yaml): (usize, &&str)| {
        Rule::try_from((index, serde_saphyr::from_str(yaml).unwrap()))
    };
    yaml.iter()
        .enumerate()
        .map(|numbered| rule(numbered).unwrap())
        .collect()
}

/// `name{label,label}`
fn found(texts: &[&str]) -> Vec<Series> {
    let series = |text: &&str| {
        let (name, labels) = text.trim_end_matches('}').split_once('{').unwrap();
        Series {
            name: name.to_owned(),
            labels: labels.split(',').map(str::to_owned).collect(),
        }
    };
    texts.iter().map(series).collect()
}

fn listing(registry: &Registry) -> Vec<String> {
    let shown = |listed: &Listed| {
        format!(
            "{}/{}{}",
            listed.resource,
            listed.metric,
            if listed.namespaced { " ns" } else { "" }
        )
    };
    registry.listing().map(shown).collect()
}

fn find(registry: &Registry, path: &str) -> Result<(usize, String), Reason> {
    let path = format!("/apis/custom.metrics.k8s.io/v1beta1/{path}");
    let Ok(Request::CustomMetric(request)) = Request::parse(&path, "") else {
        panic!("{path} is no metric")
    };
    registry
        .find(&request, &ResourceMap::builtin())
        .map(|target| (target.rule, target.series))
}

const LITERAL: &str = r#"{seriesQuery: 'http_requests_total{pod!=""}', resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}, name: {matches: "^(.*)_total$", as: "${1}_per_second"}}"#;
const TEMPLATE: &str = r#"{seriesQuery: '{namespace!=""}', resources: {template: <<.Resource>>}}"#;
const SAME: &str = r#"{seriesQuery: '{__name__=~"c_.*"}', resources: {template: <<.Resource>>}, name: {as: same}}"#;

#[test]
fn a_literal_series_is_registered_without_any_series() {
    let registry = Registry::build(
        &rules(&[LITERAL]),
        &[Ok(found(&[]))],
        &ResourceMap::builtin(),
    );
    assert_eq!(
        listing(&registry),
        [
            "namespaces/http_requests_per_second",
            "pods/http_requests_per_second ns"
        ]
    );
    let target = find(
        &registry,
        "namespaces/default/pods/*/http_requests_per_second",
    );
    assert_eq!(target, Ok((0, "http_requests_total".to_owned())));
}

#[test]
fn every_label_that_names_a_resource_makes_an_entry() {
    let series = Ok(found(&["g{node,job,code,namespace}", "h{code}"]));
    let registry = Registry::build(&rules(&[TEMPLATE]), &[series], &ResourceMap::builtin());
    assert_eq!(
        listing(&registry),
        ["jobs.batch/g ns", "namespaces/g", "nodes/g"]
    );
}

#[test]
fn the_last_series_and_the_last_rule_win() {
    let map = ResourceMap::builtin();
    let one = Ok(found(&["c_one{pod}", "c_two{pod}"]));
    let registry = Registry::build(&rules(&[SAME]), std::slice::from_ref(&one), &map);
    assert_eq!(
        find(&registry, "namespaces/n/pods/x/same"),
        Ok((0, "c_two".to_owned()))
    );
    let registry = Registry::build(
        &rules(&[SAME, SAME]),
        &[one, Ok(found(&["c_three{pod}"]))],
        &map,
    );
    assert_eq!(
        find(&registry, "namespaces/n/pods/x/same"),
        Ok((1, "c_three".to_owned()))
    );
}

#[test]
fn a_metric_without_series_never_hides_one_with_series() {
    let absent =
        r"{seriesQuery: absent, resources: {overrides: {pod: {resource: pod}}}, name: {as: same}}";
    let registry = Registry::build(
        &rules(&[SAME, absent]),
        &[Ok(found(&["c_one{pod}"])), Ok(found(&[]))],
        &ResourceMap::builtin(),
    );
    assert_eq!(
        find(&registry, "namespaces/n/pods/x/same"),
        Ok((0, "c_one".to_owned()))
    );
}

#[test]
fn a_failing_rule_leaves_the_others_and_its_own_literal_series_alone() {
    let discovered = [Ok(found(&["g{pod}"])), Err("timed out".to_owned())];
    let registry = Registry::build(
        &rules(&[TEMPLATE, LITERAL]),
        &discovered,
        &ResourceMap::builtin(),
    );
    let expected = [
        "namespaces/http_requests_per_second",
        "pods/g ns",
        "pods/http_requests_per_second ns",
    ];
    assert_eq!(listing(&registry), expected);
    assert_eq!(
        registry.problems(),
        ["rules[1]: discovery failed: timed out"]
    );
}

#[test]
fn a_series_whose_name_does_not_expand_is_skipped_and_named() {
    let rule =
        "{seriesQuery: '{a=\"b\"}', resources: {template: <<.Resource>>}, name: {as: $nothing}}";
    let registry = Registry::build(
        &rules(&[rule]),
        &[Ok(found(&["g{pod}"]))],
        &ResourceMap::builtin(),
    );
    assert_eq!(listing(&registry), [""; 0]);
    assert_eq!(registry.problems(), ["rules[0]: metric name \"\" is empty"]);
}

#[rstest]
#[case("namespaces/n/pods/x/g", Ok(()))]
#[case("namespaces/n/pod/x/g", Ok(()))]
#[case("nodes/x/g", Ok(()))]
#[case("namespaces/n/metrics/g", Ok(()))]
#[case("namespaces/n/deployments.apps/x/g", Ok(()))]
#[case("namespaces/n/deployments/x/g", Ok(()))]
#[case("pods/x/g", Err((404, "the server could not find the metric g for pods: it is offered only for deployments.apps in a namespace, namespaces at the root, nodes at the root, pods in a namespace")))]
#[case("namespaces/n/nodes/x/nope", Err((404, "the server could not find the metric nope for nodes: no rule offers a metric of this name")))]
#[case("namespaces/n/po/x/g", Err((404, "the server could not find the metric g for po: the resource po is not known")))]
#[case("namespaces/n/po/*/g", Err((500, "Internal error occurred: unable to list matching resources: the resource po is not known")))]
fn a_request_finds_its_rule_or_learns_why_not(
    #[case] path: &str,
    #[case] expected: Result<(), (u16, &str)>,
) {
    let series = Ok(found(&["g{node,pod,namespace,deployment}"]));
    let registry = Registry::build(&rules(&[TEMPLATE]), &[series], &ResourceMap::builtin());
    match find(&registry, path) {
        Ok(_) => assert_eq!(expected, Ok(())),
        Err(reason) => assert_eq!(expected, Err((reason.code(), reason.message().as_str()))),
    }
}
