//! `shadow`: the whole program between an incumbent's answers and a scripted Prometheus.

use serde_json::json;

use crate::harness::RULES;
use crate::hpas::{Ended, Landscape, pods, pods_metric};

/// One round at once, a difference looked at again at once.
async fn shadow(world: &Landscape, more: &[&str]) -> Ended {
    world.write("rules.yaml", RULES);
    world.series(&["http_requests_total"]);
    let url = format!("--prometheus-url={}", world.prometheus.uri());
    let mut args = vec![
        "shadow",
        "--config",
        "rules.yaml",
        "--kubeconfig",
        "kubeconfig",
        "--once",
        "--qps=1000",
    ];
    args.extend(["--retry-after=0s", &url]);
    args.extend(more);
    world.run(&args).await
}

const QUERY: &str =
    r#"sum(rate(http_requests_total{namespace="shop",pod=~"web-1|web-2"}[1m])) by (pod)"#;

#[tokio::test]
async fn equal_answers_are_exit_0_and_nothing_is_written() {
    let world = Landscape::new().await;
    world.incumbent(&[("web-1", "10"), ("web-2", "12500m")]);
    world.answer(QUERY, &pods(&[("web-1", "10"), ("web-2", "12.5")]));
    let ended = shadow(&world, &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    insta::assert_snapshot!(ended.stdout, @"
    shop/web: same replica count (2 now, 3 wanted)
      Pods http_requests_per_second, target 10 (avg): 1 same
    1 round: 1 HPA, 1 read: 1 same, 0 within tolerance, 0 different; replica count differs 0 times
    rules.yaml: no autoscaler would behave otherwise
    ");
    assert!(
        ended.stderr.starts_with("round 1: 1 HPA, 1 read: 1 same"),
        "{ended:#?}"
    );
    assert_eq!(world.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_difference_that_an_autoscaler_ignores_is_exit_0() {
    let world = Landscape::new().await;
    world.incumbent(&[("web-1", "10"), ("web-2", "10")]);
    world.answer(QUERY, &pods(&[("web-1", "10.5"), ("web-2", "10.5")]));
    let ended = shadow(&world, &["--output=json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(ended.json()["summary"]["within"], 1);
    let strict = shadow(&world, &["--output=json", "--tolerance=0.01"]).await;
    assert_eq!(strict.json()["summary"]["different"], 1, "{strict:#?}");
    assert_eq!(strict.code, Some(0), "the replica count is the same");
}

#[tokio::test]
async fn another_replica_count_is_exit_1() {
    let world = Landscape::new().await;
    world.incumbent(&[("web-1", "10"), ("web-2", "10")]);
    world.answer(QUERY, &pods(&[("web-1", "20"), ("web-2", "20")]));
    let ended = shadow(&world, &[]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    insta::assert_snapshot!(ended.stdout, @"
    shop/web: REPLICA COUNT DIFFERS in 1 of 1 rounds: 2 now, the incumbent's values want 2, ours want 4
      Pods http_requests_per_second, target 10 (avg): 1 different
        different: incumbent 20 over 2 pods; ours 40 over 2 pods
    1 round: 1 HPA, 1 read: 0 same, 0 within tolerance, 1 different; replica count differs 1 time
    rules.yaml: replica counts would differ
    ");
}

#[tokio::test]
async fn a_value_missing_on_one_side_is_exit_1_and_says_on_which() {
    let world = Landscape::new().await;
    world.incumbent(&[("web-1", "10"), ("web-2", "10")]);
    let ours = shadow(&world, &["--output=json"]).await;
    assert_eq!(ours.code, Some(1), "{ours:#?}");
    let metric = &ours.json()["hpas"][0]["metrics"][0];
    assert_eq!(metric["worst"]["state"], "missing-in-ours");
    assert!(
        metric["worst"]["ours"]
            .as_str()
            .unwrap()
            .contains("the query returned no samples")
    );

    world.answer(QUERY, &pods(&[("web-1", "10"), ("web-2", "10")]));
    world.refuse(
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/pods/*/http_requests_per_second",
        404,
    );
    let incumbent = shadow(&world, &["--output=json"]).await;
    assert_eq!(incumbent.code, Some(1), "{incumbent:#?}");
    assert_eq!(incumbent.json()["summary"]["missing_in_incumbent"], 1);
}

#[tokio::test]
async fn missing_in_both_is_exit_0_because_nothing_changes() {
    let world = Landscape::new().await;
    let ended = shadow(&world, &["--output=json"]).await;
    assert_eq!(
        (ended.code, &ended.json()["summary"]["missing_in_both"]),
        (Some(0), &json!(1))
    );
}

#[tokio::test]
async fn a_metric_that_this_configuration_does_not_serve_is_left_to_who_does() {
    let world = Landscape::new().await;
    let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "500m"}}});
    world.autoscaler(
        "web",
        &json!([pods_metric("http_requests_per_second"), cpu]),
    );
    world.incumbent(&[("web-1", "10"), ("web-2", "10")]);
    world.answer(QUERY, &pods(&[("web-1", "10"), ("web-2", "10")]));
    let usage = |pod: &str| json!({"metadata": {"name": pod}, "containers": [{"name": "app", "usage": {"cpu": "1", "memory": "1Mi"}}]});
    world.serve(
        "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods",
        json!({"items": [usage("web-1"), usage("web-2")]}),
    );
    let ended = shadow(&world, &["--output=json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let report = ended.json();
    assert_eq!(report["summary"]["elsewhere"], 1);
    // It still counts: both sides want what the cpu asks for.
    assert_eq!(
        report["hpas"][0]["replicas"],
        json!({"current": 2, "incumbent": 4, "ours": 4})
    );
}

#[tokio::test]
async fn a_cluster_without_autoscalers_is_exit_2() {
    let world = Landscape::new().await;
    world.serve(
        "/apis/autoscaling/v2/horizontalpodautoscalers",
        json!({"metadata": {}, "items": []}),
    );
    let ended = shadow(&world, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended
            .stderr
            .contains("no HorizontalPodAutoscaler to compare for"),
        "{ended:#?}"
    );
}

#[tokio::test]
async fn what_may_not_be_read_is_named() {
    let world = Landscape::new().await;
    world.refuse("/apis/apps/v1/namespaces/shop/deployments/web/scale", 403);
    let ended = shadow(&world, &[]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(
        ended.stdout.contains("not read: what shop/web scales: "),
        "{ended:#?}"
    );
}
