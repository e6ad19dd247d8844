use proptest::prelude::*;

use super::*;
use crate::rule::RuleSet;

const RULES: &str = "
rules:
- seriesQuery: http_requests_total
  name: {matches: ^(.*)_total$, as: $1}
externalRules:
- seriesQuery: '{__name__=~\"queue_.*\"}'
";

fn read(policies: &str) -> Result<Policies, PolicyError> {
    Policies::from_yaml(&format!("apiVersion: custom-metrics-stack/v1\n{policies}"))
}

fn metric(name: &str) -> MetricName {
    MetricName::new(name).unwrap()
}

#[test]
fn a_metric_has_its_own_policy_and_the_defaults_for_the_rest() {
    let policies = read(
        "
defaults: {refresh: 5s, batching: never}
policies:
- match: {metric: queue_depth, group: external.metrics.k8s.io}
  onEmpty: zero
  aliveQuery: up == 1
  refresh: 10s
- match: {metric: 'http_*'}
  maxAge: 15s
  maxSampleAge: 1m
  batching: auto
",
    )
    .unwrap();
    let queue = policies.of(Group::External, &metric("queue_depth"));
    assert_eq!(queue.refresh, Some(Duration::from_secs(10)));
    assert_eq!(queue.batching, Some(Batching::Never));
    let alive_query = "up == 1".to_owned();
    assert_eq!(queue.on_empty, Some(OnEmpty::Zero { alive_query }));
    let http = policies.of(Group::Custom, &metric("http_requests"));
    assert_eq!(http.max_sample_age, Some(Duration::from_mins(1)));
    assert_eq!(http.refresh, Some(Duration::from_secs(5)));
    let other = policies.of(Group::Custom, &metric("queue_depth"));
    assert_eq!(other.on_empty, None, "the other group's policy is not ours");
    assert_eq!(policies.len(), 2);
    let keys = ["batching", "maxAge", "maxSampleAge", "onEmpty", "refresh"];
    assert_eq!(policies.used_keys(), keys);
}

#[test]
fn an_error_names_its_line_its_place_and_what_would_be_right() {
    let errors = [
        "polices: []",
        "policies: [{maxAge: 5s}]",
        "policies:\n- match: {metrics: a}",
        "policies:\n- match: {metric: a, group: external}",
        "policies:\n- match: {metric: a}\n  maxage: 5s",
        "policies:\n- match: {metric: a}\n  maxAge: 5",
        "policies:\n- match: {metric: a}\n  refresh: 0s",
        "policies:\n- match: {metric: a}\n  onEmpty: zero",
        "policies:\n- match: {metric: a}\n  onEmpty: one",
        "policies:\n- match: {metric: a}\n  aliveQuery: up",
        "policies:\n- match: {metric: a}\n  batching: sometimes",
        "policies:\n- match: {metric: a}\n  maxAge: 5s\n  refresh: 10s",
        "defaults: {maxAge: 5s}\npolicies:\n- match: {metric: a}\n  refresh: 10s",
        "policies:\n- match: {metric: 'a*'}\n- match: {metric: 'ab', group: custom.metrics.k8s.io}",
    ]
    .map(|text| read(text).unwrap_err().to_string())
    .join("\n");
    insta::assert_snapshot!(errors, @r#"
    line 2: unknown key `polices`; did you mean `policies`?
    line 2: policies[0].match.metric: is missing; write match: {metric: NAME}, where * stands for any text
    line 3: policies[0].match: unknown key `metrics`; did you mean `metric`?
    line 3: policies[0].match.group: "external": it may be one of custom.metrics.k8s.io, external.metrics.k8s.io
    line 4: policies[0]: unknown key `maxage`; did you mean `maxAge`?
    line 4: policies[0].maxAge: "5": not a valid duration string; write for example maxAge: 15s
    line 4: policies[0].refresh: "0s": must be longer than nothing; write for example refresh: 15s
    line 4: policies[0].onEmpty: zero needs an aliveQuery, or an outage would look like no load; write for example aliveQuery: up{job="NAME"} == 1
    line 4: policies[0].onEmpty: "one": it may be one of error, zero
    line 4: policies[0].aliveQuery: only onEmpty: zero asks it; add that or leave this out
    line 4: policies[0].batching: "sometimes": it may be one of auto, never
    line 5: policies[0].refresh: 10s is longer than maxAge 5s, so that values would be missing in between; make it shorter
    line 5: policies[0].refresh: 10s is longer than maxAge 5s, so that values would be missing in between; make it shorter
    line 4: policies[1].match: "ab": policies[0] is about the same metric; a metric has one policy, and what holds for all others belongs into defaults
    "#);
    let error = Policies::from_yaml("policies: []").unwrap_err().to_string();
    assert_eq!(
        error,
        "apiVersion: \"\": write apiVersion: custom-metrics-stack/v1"
    );
}

#[test]
fn equal_names_in_two_groups_are_two_metrics() {
    let text = "policies:\n- match: {metric: a, group: custom.metrics.k8s.io}\n- match: {metric: a, group: external.metrics.k8s.io}";
    assert_eq!(read(text).unwrap().len(), 2);
}

#[test]
fn a_policy_without_a_metric_is_an_error_where_the_rules_tell_and_else_a_warning() {
    let rules = RuleSet::from_yaml(RULES).unwrap();
    let check = |what: &str| {
        read(&format!("policies: [{{match: {{{what}}}}}]"))
            .unwrap()
            .check(&rules)
    };
    assert!(check("metric: http_requests").unwrap().is_empty());
    assert_eq!(check("metric: queue_depth").unwrap().len(), 1);
    let error = check("metric: htp_requests, group: custom.metrics.k8s.io").unwrap_err();
    assert_eq!(
        error.to_string(),
        "policies[0].match.metric: \"htp_requests\": no rule makes a metric of this name; there are: http_requests"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-zA-Z:{}*\\[\\], \n-]{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("policies:\n- match: {{metric: {text}"));
    }
}
