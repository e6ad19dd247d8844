use http::StatusCode;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::harness::{HPA_READ, TestAdapter, V1, World, eventually, vector};

/// The body with its timestamps checked and masked.
fn masked(mut body: Value) -> Value {
    for item in body["items"].as_array_mut().unwrap() {
        let timestamp: jiff::Timestamp = item["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(timestamp.as_second() > 1_700_000_000);
        item["timestamp"] = "NOW".into();
    }
    body
}

#[tokio::test]
async fn the_hpa_reads_a_value_per_pod() {
    let adapter = TestAdapter::start().await;
    let answer = adapter.hpa().get(HPA_READ).await;
    assert_eq!(answer.code, StatusCode::OK, "{answer:?}");
    assert_json_snapshot!(masked(answer.json()), @r#"
    {
      "apiVersion": "custom.metrics.k8s.io/v1beta1",
      "items": [
        {
          "describedObject": {
            "apiVersion": "/v1",
            "kind": "Pod",
            "name": "pod-a",
            "namespace": "default"
          },
          "metricName": "http_requests_per_second",
          "selector": null,
          "timestamp": "NOW",
          "value": "10"
        },
        {
          "describedObject": {
            "apiVersion": "/v1",
            "kind": "Pod",
            "name": "pod-b",
            "namespace": "default"
          },
          "metricName": "http_requests_per_second",
          "selector": null,
          "timestamp": "NOW",
          "value": "20500m"
        }
      ],
      "kind": "MetricValueList",
      "metadata": {}
    }
    "#);
    assert_eq!(
        adapter.world.asked().await,
        [r#"sum(rate(http_requests_total{namespace="default",pod=~"pod-a|pod-b"}[1m])) by (pod)"#]
    );
}

#[tokio::test]
async fn one_pod_is_read_by_name_in_either_version() {
    let adapter = TestAdapter::start().await;
    for version in ["v1beta1", "v1beta2"] {
        let path = format!(
            "/apis/custom.metrics.k8s.io/{version}/namespaces/default/pods/pod-b/http_requests_per_second"
        );
        let body = adapter.hpa().get(&path).await.json();
        assert_eq!(
            body["apiVersion"],
            format!("custom.metrics.k8s.io/{version}")
        );
        assert_eq!(body["items"][0]["value"], "20500m");
    }
}

#[tokio::test]
async fn a_metric_selector_reaches_the_query_and_comes_back() {
    let adapter = TestAdapter::start().await;
    let path = format!("{HPA_READ}&metricLabelSelector=code%3D200");
    let body = adapter.hpa().get(&path).await.json();
    assert_eq!(
        body["items"][0]["selector"],
        json!({"matchLabels": {"code": "200"}})
    );
    let asked = adapter.world.asked().await;
    assert!(
        asked[0].contains(r#"{code="200",namespace="default""#),
        "{asked:?}"
    );
}

#[tokio::test]
async fn pods_that_come_and_go_are_followed() {
    let adapter = TestAdapter::start().await;
    adapter.world.cluster.pods.delete("pod-a");
    adapter.world.cluster.run_pod("pod-d", "x");
    eventually("the query names the pods of now", || async {
        adapter.hpa().get(HPA_READ).await;
        let asked = adapter.world.asked().await;
        asked
            .last()?
            .contains(r#"pod=~"pod-b|pod-d""#)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_pod_without_a_sample_is_left_out_and_never_zero() {
    let adapter = TestAdapter::start().await;
    adapter.world.answers(vector(&[("pod-a", "10")])).await;
    let body = adapter.hpa().get(HPA_READ).await.json();
    assert_eq!(body["items"].as_array().unwrap().len(), 1);
    assert_eq!(body["items"][0]["describedObject"]["name"], "pod-a");
}

#[tokio::test]
async fn no_sample_and_no_number_are_errors_with_a_reason() {
    let adapter = TestAdapter::start().await;
    for data in [vector(&[]), vector(&[("pod-a", "NaN"), ("pod-b", "+Inf")])] {
        adapter.world.answers(data).await;
        let answer = adapter.hpa().get(HPA_READ).await;
        assert_eq!(answer.code, StatusCode::NOT_FOUND, "{answer:?}");
        let message = answer.message();
        assert!(
            message.starts_with(
                "the server could not find the metric http_requests_per_second for pods: "
            ),
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_unknown_metric_and_a_selector_without_pods_are_not_found() {
    let adapter = TestAdapter::start().await;
    let unknown = adapter
        .hpa()
        .get(&format!("{V1}/namespaces/default/pods/%2A/nope"))
        .await;
    assert_eq!(unknown.code, StatusCode::NOT_FOUND);
    assert!(
        unknown
            .message()
            .contains("could not find the metric nope for pods")
    );
    let nobody =
        format!("{V1}/namespaces/default/pods/%2A/http_requests_per_second?labelSelector=app%3Dz");
    assert_eq!(adapter.hpa().get(&nobody).await.code, StatusCode::NOT_FOUND);
    assert!(adapter.world.asked().await.is_empty());
}

#[tokio::test]
async fn identical_reads_at_one_time_ask_prometheus_once() {
    let world = World::new().await;
    world.knows_series().await;
    let body = json!({"status": "success", "data": vector(&[("pod-a", "1")])});
    let slow = std::time::Duration::from_secs(1);
    world
        .queries(
            ResponseTemplate::new(200)
                .set_body_json(body)
                .set_delay(slow),
        )
        .await;
    let adapter = world.start(&["--answer-budget=10s"]).await;
    adapter.ready().await;
    // The first read pays for the access review, so the others join the query, not the review.
    adapter.hpa().get(HPA_READ).await;
    let mut connection = adapter.hpa().h2().await.unwrap();
    let mut second = connection.sender.clone();
    let (one, two) = tokio::join!(connection.sender.get(HPA_READ), second.get(HPA_READ));
    assert_eq!(
        (one.unwrap().code, two.unwrap().code),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(adapter.world.asked().await.len(), 2);
}

#[tokio::test]
async fn queries_go_by_post_when_told_so() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    let adapter = world.start(&["--prometheus-verb=POST"]).await;
    adapter.ready().await;
    assert_eq!(adapter.hpa().get(HPA_READ).await.code, StatusCode::OK);
    let requests = adapter.world.prometheus.received_requests().await.unwrap();
    let query = requests
        .iter()
        .find(|request| request.url.path() == "/api/v1/query")
        .unwrap();
    assert_eq!(query.method.as_str(), "POST");
    assert!(String::from_utf8_lossy(&query.body).contains("timeout=1.000"));
}
