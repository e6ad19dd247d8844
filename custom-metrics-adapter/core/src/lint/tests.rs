use rstest::rstest;

use super::*;
use crate::rule::Section;

/// `rules[0]` or, with a leading `external `, `externalRules[0]`.
fn lint(yaml: &str, series: Option<&[(&str, &[&str])]>) -> Vec<Finding> {
    let (section, yaml) = match yaml.strip_prefix("external ") {
        Some(yaml) => (Section::ExternalRules, yaml),
        None => (Section::Rules, yaml),
    };
    let raw: RawRule = serde_saphyr::from_str(yaml).unwrap();
    let series: Option<Vec<Series>> = series.map(|series| {
        let one = |(name, labels): &(&str, &[&str])| Series {
            name: (*name).to_owned(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        };
        series.iter().map(one).collect()
    });
    rule(&Subject {
        rule: &Rule::new(section, 0, raw.clone()).unwrap(),
        raw: &raw,
        resources: &ResourceMap::builtin(),
        scrape_interval: Duration::from_secs(15),
        series: series.as_deref(),
    })
}

fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.id).collect()
}

const PODS: &str =
    "resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}";

/// A rule on pods with this query and nothing else of note.
fn pods(query: &str) -> String {
    format!("{{seriesQuery: 'x_total{{pod!=\"\"}}', {PODS}, metricsQuery: '{query}'}}")
}

const GOOD: &str = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)";

#[test]
fn a_good_rule_has_no_finding() {
    assert_eq!(lint(&pods(GOOD), None), []);
    assert_eq!(lint(&pods(GOOD), Some(&[("x_total", &[])])), []);
    let external = "external {seriesQuery: queue_depth, resources: {namespaced: false}, metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>}) by (queue)'}";
    assert_eq!(lint(external, None), []);
}

#[rstest]
#[case::window_of_two("rate(<<.Series>>{<<.LabelMatchers>>}[30s])", &["CM003"])]
#[case::window_of_one("rate(<<.Series>>{<<.LabelMatchers>>}[15s])", &["CM003"])]
#[case::irate_needs_two("irate(<<.Series>>{<<.LabelMatchers>>}[30s])", &[])]
#[case::long_enough("rate(<<.Series>>{<<.LabelMatchers>>}[1m])", &[])]
#[case::no_grouping("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))", &["CM004"])]
#[case::other_grouping("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (service)", &["CM004"])]
#[case::written_out("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (pod)", &[])]
#[case::nested("max(sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (pod, code)) by (pod)", &[])]
#[case::counter("sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)", &["CM005"])]
#[case::everything("sum(rate(<<.Series>>[2m])) by (<<.GroupBy>>)", &["CM012", "CM013"])]
#[case::by_name("sum(rate(<<.Series>>{pod=~\"<<index .LabelValuesByName \"pod\">>\"}[2m])) by (pod)", &["CM013"])]
#[case::ratio("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (pod) / sum(rate(y_total{<<.LabelMatchers>>}[2m])) by (pod)", &["CM014"])]
#[case::guarded_ratio("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (pod) / (sum(rate(y_total{<<.LabelMatchers>>}[2m])) by (pod) > 0)", &[])]
#[case::quantile_without_le("histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>))", &["CM023"])]
#[case::nothing("", &["CM016"])]
fn queries(#[case] query: &str, #[case] expected: &[&str]) {
    assert_eq!(ids(&lint(&pods(query), None)), expected);
}

#[rstest]
#[case::no_resources("{seriesQuery: x}", &["CM015"])]
#[case::two_labels("{seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {overrides: {ns: {resource: namespace}, a: {resource: pod}, b: {resource: pods}}}}", &["CM017"])]
#[case::unknown_resource("{seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {overrides: {ns: {resource: namespace}, pod: {resource: pod}, b: {resource: po}}}}", &["CM018"])]
#[case::no_namespace("{seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {overrides: {pod: {resource: pod}}}}", &["CM016"])]
#[case::nodes("{seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {overrides: {node: {resource: node}}}}", &["CM019"])]
#[case::any_label("{seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {template: <<.Resource>>}}", &["CM020"])]
#[case::groups("{seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {template: kube_<<.Group>>_<<.Resource>>}}", &["CM020"])]
#[case::external_without_namespace("external {seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (q)'}", &["CM010"])]
#[case::comma_first("external {seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>,q=\"a\"}) by (q)', resources: {namespaced: false}}", &["CM011"])]
#[case::one_row("external {seriesQuery: x, metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {namespaced: false}}", &["CM022"])]
#[case::inequality("{seriesQuery: 'x{__name__!=\"^a.*\"}', metricsQuery: 'max(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {overrides: {ns: {resource: namespace}, pod: {resource: pod}}}}", &["CM021"])]
#[case::every_series("{seriesQuery: '{namespace!=\"\"}', metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {overrides: {ns: {resource: namespace}, pod: {resource: pod}}}}", &["CM024"])]
fn rules(#[case] yaml: &str, #[case] expected: &[&str]) {
    assert_eq!(ids(&lint(yaml, None)), expected);
}

#[rstest]
#[case(
    "{matches: '^(.*)_total$', as: '$1_per_second'}",
    Some("write ${1}_per_second")
)]
#[case(
    "{matches: '^(.*)_total$', as: '${2}'}",
    Some("name a group of name.matches, of which there are 1")
)]
#[case("{matches: '^(?P<n>.*)_total$', as: '${n}_per_$$second'}", None)]
#[case("{as: '${0}_rate'}", None)]
fn references_of_a_name(#[case] name: &str, #[case] fix: Option<&str>) {
    let yaml = format!("{{seriesQuery: x_total, name: {name}, {PODS}, metricsQuery: '{GOOD}'}}");
    let findings = lint(&yaml, None);
    assert_eq!(findings.first().map(|finding| finding.fix.as_str()), fix);
    assert!(findings.iter().all(|finding| finding.id == "CM009"));
}

/// A rule about many series.
fn many(more: &str) -> String {
    format!("{{seriesQuery: '{{__name__=~\"^http_.*\"}}', {PODS}, metricsQuery: '{GOOD}', {more}}}")
}

#[rstest]
#[case::nothing_there("", &[], "seriesQuery", "CM007")]
#[case::filter("seriesFilters: [{is: '_total$'}, {is: seconds}]", &["http_total"], "seriesFilters[1].is", "CM007")]
#[case::inverse_filter("seriesFilters: [{isNot: http}]", &["http_total"], "seriesFilters[0].isNot", "CM007")]
#[case::name("name: {matches: '^nginx_(.*)$'}", &["http_total"], "name.matches", "CM007")]
#[case::together("seriesFilters: [{is: _a_}, {is: _b_}]", &["http_a_total", "http_b_total"], "seriesFilters", "CM007")]
#[case::same_name("name: {matches: '^http_', as: requests_total}", &["http_a_total", "http_b_total"], "name", "CM002")]
#[case::text_lost("name: {matches: '(http_.*)_total'}", &["http_a_total_x_total", "http_b_total_more_sum"], "name.matches", "CM008")]
#[case::labels_of_nothing("", &["http_total"], "resources", "CM007")]
fn beside_the_series_there_are(
    #[case] more: &str,
    #[case] names: &[&str],
    #[case] field: &str,
    #[case] id: &str,
) {
    let series: Vec<(&str, &[&str])> = names
        .iter()
        .map(|name| (*name, ["code"].as_slice()))
        .collect();
    let findings = lint(&many(more), Some(&series));
    assert!(
        findings
            .iter()
            .any(|finding| finding.id == id && finding.field == field),
        "{findings:#?}"
    );
}

#[test]
fn of_many_series_only_those_without_a_rate_are_named() {
    let yaml = format!(
        "{{seriesQuery: '{{__name__=~\"^http_.*\"}}', {PODS}, metricsQuery: 'max(<<.Series>>{{<<.LabelMatchers>>}}) by (<<.GroupBy>>)'}}"
    );
    let series: [(&str, &[&str]); 3] = [
        ("http_a_total", &["pod"]),
        ("http_gauge", &["pod"]),
        ("http_b_total", &["pod"]),
    ];
    let findings = lint(&yaml, Some(&series));
    assert_eq!(ids(&findings), ["CM005"]);
    assert!(
        findings[0]
            .what
            .starts_with("http_a_total, http_b_total stands"),
        "{}",
        findings[0].what
    );
}

fn overlapping(rules: &[&str]) -> Vec<Finding> {
    let resources = ResourceMap::builtin();
    let rules: Vec<(Rule, RawRule)> = rules
        .iter()
        .enumerate()
        .map(|(index, yaml)| {
            let raw: RawRule = serde_saphyr::from_str(yaml).unwrap();
            (Rule::new(Section::Rules, index, raw.clone()).unwrap(), raw)
        })
        .collect();
    let subjects: Vec<Subject<'_>> = rules
        .iter()
        .map(|(rule, raw)| Subject {
            rule,
            raw,
            resources: &resources,
            scrape_interval: Duration::from_secs(15),
            series: None,
        })
        .collect();
    overlaps(&subjects)
}

#[test]
fn of_two_rules_for_one_metric_the_first_is_told_that_it_loses() {
    let pods = "{seriesQuery: a, name: {as: m}, resources: {overrides: {pod: {resource: pod}}}}";
    let other = "{seriesQuery: b, name: {as: m}, resources: {overrides: {p: {resource: pods}}}}";
    let services =
        "{seriesQuery: a, name: {as: m}, resources: {overrides: {svc: {resource: service}}}}";
    let findings = overlapping(&[pods, services, other]);
    let [finding] = findings.as_slice() else {
        panic!("{findings:#?}");
    };
    assert_eq!((finding.id, finding.place.as_str()), ("CM001", "rules[0]"));
    assert_eq!(finding.what, "rules[2] makes pods/m too, and wins");
    assert_eq!(overlapping(&[pods, services]), []);
}
