//! `check`: the whole program on files, a scripted Prometheus and a scripted cluster.

use serde_json::json;

use crate::harness::RULES;
use crate::hpas::{Landscape, external_metric, pods, pods_metric};

/// One of most mistakes.
const SUSPICIOUS: &str = r#"
rules:
- seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name: {matches: "^(.*)_total$", as: "$1_per_second"}
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)'
externalRules:
- seriesQuery: queue_depth
  resources: {namespaced: false}
  metricsQuery: |
    sum(<<.Series>>{<<.LabelMatchers>>,queue!=""})
"#;

#[tokio::test]
async fn the_rules_of_the_demonstration_have_no_finding() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    let ended = world.run(&["check", "--config", "rules.yaml"]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    insta::assert_snapshot!(ended.stdout, @r#"
    rules[0]  http_requests_per_second
      series   http_requests_total{namespace!="",pod!=""}
      labels   namespace → namespaces, pod → pods
      query    pods: sum(rate(http_requests_total{namespace="example-namespace",pod=~"example-pod-a|example-pod-b"}[1m])) by (pod)

    rules.yaml: 0 errors, 0 warnings, 0 notes
    "#);
    let asked = world.kubernetes.received_requests().await.unwrap().len()
        + world.prometheus.received_requests().await.unwrap().len();
    assert_eq!(asked, 0, "nobody was to be asked");
}

#[tokio::test]
async fn what_bites_is_told_with_the_reason_and_the_cure() {
    let world = Landscape::new().await;
    world.write("rules.yaml", SUSPICIOUS);
    let ended = world.run(&["check", "--config", "rules.yaml"]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    insta::assert_snapshot!(ended.stdout, @r#"
    rules[0]  $1_per_second from ^(.*)_total$
      series   http_requests_total{namespace!="",pod!=""}
      labels   namespace → namespaces, pod → pods
      query    pods: sum(rate(http_requests_total{namespace="example-namespace",pod=~"example-pod-a|example-pod-b"}[30s])) by (pod)

    externalRules[0]  queue_depth
      series   queue_depth
      scope    all namespaces
      query    sum(queue_depth{,queue!=""})

    Findings
      error CM009 rules[0].name.as: "$1_per_second" refers to the group "1_per_second" by $1_per_second
        why: such a reference expands to nothing, so the metric gets another name than intended, or none
        fix: write ${1}_per_second
      error CM011 externalRules[0].metricsQuery: without selector and namespace the matchers begin with a comma, or two follow each other
        why: without a selector <<.LabelMatchers>> is empty there, and Prometheus refuses the query
        fix: put <<.LabelMatchers>> last, behind the matchers that are always there: {x="y",<<.LabelMatchers>>}
      warning CM003 rules[0].metricsQuery: rate over [30s] of series that are scraped every 15s
        why: one lost scrape makes rates jump, and with fewer than two samples the pod has no value at all
        fix: make the window 60s or longer

    rules.yaml: 2 errors, 1 warning, 0 notes
    "#);
}

#[tokio::test]
async fn the_scrape_interval_is_given_or_observed() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    let ended = world
        .run(&[
            "check",
            "--config",
            "rules.yaml",
            "--scrape-interval",
            "30s",
        ])
        .await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(
        ended
            .stdout
            .contains("rate over [1m] of series that are scraped every 30s")
    );

    world.series(&["http_requests_total"]);
    world.answer(
        "max(count_over_time(http_requests_total",
        &json!([{"metric": {}, "value": [1, "5"]}]),
    );
    let url = format!("--prometheus-url={}", world.prometheus.uri());
    let ended = world.run(&["check", "--config", "rules.yaml", &url]).await;
    assert!(
        ended
            .stdout
            .contains("rate over [1m] of series that are scraped every 60s"),
        "{ended:#?}"
    );
}

#[tokio::test]
async fn with_prometheus_it_shows_what_would_be_served() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    world.series(&["http_requests_total"]);
    let rows = json!([
        {"metric": {"asked_by_check": "count"}, "value": [1, "3"]},
        {"metric": {"asked_by_check": "nan"}, "value": [1, "1"]},
        {"metric": {"pod": "web-1"}, "value": [1, "12.5"]},
    ]);
    world.answer("topk(1, sum(rate(http_requests_total", &rows);
    let url = format!("--prometheus-url={}", world.prometheus.uri());
    let ended = world
        .run(&["check", "--config", "rules.yaml", "--output=json", &url])
        .await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let report = ended.json();
    let expected = json!([
        {"metric": "namespaces/http_requests_per_second", "rule": "rules[0]", "series": "http_requests_total", "values": 3, "example": "{pod=\"web-1\"} 12500m"},
        {"metric": "pods/http_requests_per_second", "rule": "rules[0]", "series": "http_requests_total", "values": 3, "example": "web-1 12500m"},
    ]);
    assert_eq!(report["served"], expected);
    assert_eq!(report["findings"][0]["id"], "CM032");
}

#[tokio::test]
async fn of_manifests_it_tells_which_would_find_their_metric() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    let manifest = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"maxReplicas": 5, "metrics": [
            pods_metric("http_requests_per_second"),
            pods_metric("requests_per_minute"),
            external_metric("queue_depth"),
        ]},
    });
    world.write("hpa.json", &manifest.to_string());
    let ended = world
        .run(&["check", "--config", "rules.yaml", "--against", "hpa.json"])
        .await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let (_, hpas) = ended
        .stdout
        .split_once("HorizontalPodAutoscalers\n")
        .unwrap();
    let (hpas, _) = hpas.split_once("\n\n").unwrap();
    insta::assert_snapshot!(hpas, @"
      shop/web
        Pods http_requests_per_second, target 10 (avg): offered by rules[0]: a rule offers it; Prometheus was not asked
        Pods requests_per_minute, target 10 (avg): missing: the server could not find the metric requests_per_minute for pods: no rule offers a metric of this name
        External queue_depth, target 30 (avg): missing: the server could not find the metric queue_depth for namespaces: no external rule offers a metric of this name
    ");
}

#[tokio::test]
async fn of_a_cluster_it_tells_what_each_autoscaler_reads_now() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    world.series(&["http_requests_total"]);
    let rows = pods(&[("web-1", "10"), ("web-2", "20.5")]);
    world.answer("[1m])) by (pod)", &rows);
    let url = format!("--prometheus-url={}", world.prometheus.uri());
    let args = [
        "check",
        "--config",
        "rules.yaml",
        "--cluster",
        "--kubeconfig",
        "kubeconfig",
        "--output=json",
        &url,
    ];
    let ended = world.run(&args).await;
    let report = ended.json();
    let metric = &report["hpas"][0]["metrics"][0];
    assert_eq!(metric["state"], "found", "{ended:#?}");
    assert_eq!(metric["detail"], "all 2 have a value, such as web-1 10");
    assert_eq!(
        metric["request"],
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/pods/%2A/http_requests_per_second?labelSelector=app%3Dweb"
    );
    assert_eq!(
        metric["query"],
        r#"sum(rate(http_requests_total{namespace="shop",pod=~"web-1|web-2"}[1m])) by (pod)"#
    );
    assert_eq!(report["problems"], json!([]));
    assert_eq!(world.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    let args = [
        "check",
        "--config",
        "rules.yaml",
        "--cluster",
        "--kubeconfig",
        "kubeconfig",
    ];
    world.refuse("/api/v1/namespaces/shop/pods", 403);
    let ended = world.run(&args).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let line =
        "not examined: what shop/web scales: /api/v1/namespaces/shop/pods is forbidden (HTTP 403)";
    assert!(ended.stdout.contains(line), "{ended:#?}");

    world.refuse("/apis/autoscaling/v2/horizontalpodautoscalers", 403);
    let ended = world.run(&args).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.contains("list HorizontalPodAutoscalers: "),
        "{ended:#?}"
    );
}

#[tokio::test]
async fn an_unusable_configuration_is_exit_2_with_every_mistake() {
    let world = Landscape::new().await;
    world.write(
        "rules.yaml",
        "rules: [{name: {matches: '('}}, {seriesFilters: [{}]}]",
    );
    let ended = world.run(&["check", "--config", "rules.yaml"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ended.stderr, @r#"
    error: rules.yaml: rules[0].name.matches: "(": unclosed group; write a regular expression as Go takes it (RE2)
    error: rules.yaml: rules[1].seriesFilters[0]: "": has neither is nor isNot; write exactly one of is and isNot
    "#);
}

#[tokio::test]
async fn a_file_of_policies_is_read_as_the_adapter_reads_it() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    let policies =
        "apiVersion: custom-metrics-stack/v1\npolicies:\n- match: {metric: unheard_of}\n";
    world.write("policies.yaml", policies);
    let args = [
        "check",
        "--config",
        "rules.yaml",
        "--policies",
        "policies.yaml",
    ];
    let ended = world.run(&args).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.starts_with("error: policies.yaml: ") && ended.stderr.contains("unheard_of"),
        "{ended:#?}"
    );
    world.write(
        "policies.yaml",
        &policies.replace("unheard_of", "http_requests_per_second"),
    );
    assert_eq!(world.run(&args).await.code, Some(0));
}

#[tokio::test]
async fn a_prometheus_that_is_away_is_exit_2() {
    let world = Landscape::new().await;
    world.write("rules.yaml", RULES);
    // Bound and closed again: nobody listens there.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("--prometheus-url=http://{address}");
    let ended = world.run(&["check", "--config", "rules.yaml", &url]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(
        ended
            .stderr
            .starts_with("error: --prometheus-url: cannot reach Prometheus"),
        "{ended:#?}"
    );
}

/// Names of the fields of an object, sorted.
fn keys(value: &serde_json::Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn the_json_has_its_documented_shape() {
    let world = Landscape::new().await;
    world.write("rules.yaml", SUSPICIOUS);
    let url = format!("--prometheus-url={}", world.prometheus.uri());
    let args = [
        "check",
        "--config",
        "rules.yaml",
        "--cluster",
        "--kubeconfig",
        "kubeconfig",
        "--output=json",
        &url,
    ];
    let report = world.run(&args).await.json();
    assert_eq!(report["shape"], 1);
    assert_eq!(
        keys(&report),
        [
            "config", "findings", "hpas", "problems", "rules", "served", "shape", "summary"
        ]
    );
    assert_eq!(
        keys(&report["findings"][0]),
        ["field", "fix", "id", "place", "severity", "what", "why"]
    );
    assert_eq!(keys(&report["summary"]), ["errors", "notes", "warnings"]);
    assert_eq!(
        keys(&report["rules"][1]),
        [
            "labels",
            "metric",
            "namespaced",
            "place",
            "queries",
            "scrape_interval_seconds",
            "series",
            "series_query"
        ]
    );
    assert_eq!(keys(&report["hpas"][0]), ["metrics", "name", "namespace"]);
    let findings = report["findings"].as_array().unwrap();
    let told: Vec<&str> = findings
        .iter()
        .filter_map(|finding| finding["id"].as_str())
        .collect();
    assert!(
        told.contains(&"CM007") && !told.contains(&"CM031"),
        "one word on series that are not there: {told:?}"
    );
}

#[test]
fn the_page_on_findings_names_the_fields_of_the_json() {
    let document = include_str!("../../../docs/CHECK.md");
    for key in [
        "shape",
        "findings",
        "served",
        "hpas",
        "problems",
        "summary",
        "series_query",
        "state",
    ] {
        assert!(
            document.contains(&format!("`{key}`")),
            "docs/CHECK.md lacks {key}"
        );
    }
}
