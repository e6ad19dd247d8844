//! External metrics over HTTP.

use serde_json::{Value, json};

use crate::harness::{TestAdapter, rows};

const V1: &str = "/apis/external.metrics.k8s.io/v1beta1";
const DEPTH: &str = r#"sum(queue_depth{namespace="default"}) by (name)"#;

#[tokio::test]
async fn every_row_is_a_value_with_its_labels_and_its_own_time() {
    let two = rows(&[
        (json!({"name": "q1"}), "5"),
        (json!({"name": "q2"}), "64.1"),
    ]);
    let adapter = TestAdapter::start_all(&[(DEPTH, two)]).await;
    let path = format!("{V1}/namespaces/default/queue_depth");
    let answer = adapter.hpa().get(&path).await;
    let expected = r#"{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[{"metricName":"queue_depth","metricLabels":{"name":"q1"},"timestamp":"2023-11-14T22:13:20Z","value":"5"},{"metricName":"queue_depth","metricLabels":{"name":"q2"},"timestamp":"2023-11-14T22:13:20Z","value":"64099m"}]}"#;
    assert_eq!(answer.text, format!("{expected}\n"), "{answer:?}");
    let review = &adapter.world.cluster.reviews()[0]["resourceAttributes"];
    assert_eq!(
        (&review["verb"], &review["group"]),
        (&json!("list"), &json!("external.metrics.k8s.io"))
    );
}

#[tokio::test]
async fn a_scalar_is_one_value_without_labels_wherever_it_is_asked_for() {
    let scalar = json!({"resultType": "scalar", "result": [1_700_000_000, "5"]});
    let query = r#"scalar(queue_scalar{name="q1"})"#;
    let adapter = TestAdapter::start_all(&[(query, scalar)]).await;
    let path = format!("{V1}/namespaces/any/queue_scalar?labelSelector=name%3Dq1");
    let body = adapter.hpa().get(&path).await.json();
    let expected = json!([{
        "metricName": "queue_scalar",
        "metricLabels": null,
        "timestamp": "2023-11-14T22:13:20Z",
        "value": "5",
    }]);
    assert_eq!(body["items"], expected);
}

/// Code, reason and message of a failure.
async fn failure(adapter: &TestAdapter, path: &str) -> (u16, String, String) {
    let answer = adapter.hpa().get(&format!("{V1}/{path}")).await;
    let body = answer.json();
    let reason = body["reason"].as_str().unwrap_or_default().to_owned();
    (answer.code.as_u16(), reason, answer.message())
}

#[tokio::test]
async fn one_bad_row_spoils_the_answer_for_a_sum_without_it_is_false() {
    let results = [
        (
            rows(&[(json!({"name": "q1"}), "1"), (json!({"name": "q2"}), "NaN")]),
            (
                404,
                "NotFound",
                r#"the server could not find the metric queue_depth for namespaces: in the row {name="q2"}, the value is NaN: a sum without it would be false"#,
            ),
        ),
        (
            rows(&[(json!({}), "+Inf")]),
            (
                404,
                "NotFound",
                "the server could not find the metric queue_depth for namespaces: in the row {}, the value is infinite: a sum without it would be false",
            ),
        ),
        (
            rows(&[]),
            (
                404,
                "NotFound",
                "the server could not find the metric queue_depth for namespaces: the query returned no samples",
            ),
        ),
        (
            json!({"resultType": "vector", "result": null}),
            (
                500,
                "",
                "the provided input did not contain vector query results: the query yields null",
            ),
        ),
        (
            json!({"resultType": "matrix", "result": []}),
            (
                500,
                "",
                "encountered an unexpected query result type: the query yields a matrix, neither a vector nor a scalar",
            ),
        ),
        (
            json!({"resultType": "string", "result": [1, "a"]}),
            (
                500,
                "InternalError",
                "Internal error occurred: unable to fetch metrics: the query yields a string, not numbers",
            ),
        ),
    ];
    let adapter = TestAdapter::start_all(&[]).await;
    for (data, (code, reason, message)) in results {
        adapter.world.answers(data).await;
        let failed = failure(&adapter, "namespaces/default/queue_depth").await;
        assert_eq!(failed, (code, reason.to_owned(), message.to_owned()));
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_asked_says_why() {
    let adapter = TestAdapter::start_all(&[]).await;
    let failures: &[(&str, u16, &str)] = &[
        (
            "namespaces/default/nope",
            404,
            "the server could not find the metric nope for namespaces: no external rule offers a metric of this name",
        ),
        (
            "namespaces/default/unmapped",
            500,
            "Internal error occurred: unable to fetch metrics: the rule names no label for namespaces: neither resources.overrides nor resources.template does",
        ),
        (
            "namespaces/default/queue_depth?labelSelector=a%3E1",
            500,
            r#"Internal error occurred: unable to fetch metrics: the metric selector's operator ">" is not supported by Prometheus"#,
        ),
        (
            "namespaces/default/queue_depth?labelSelector=a+b",
            400,
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        ),
        (
            "namespaces/default/queue_depth?watch=1",
            405,
            r#"watch is not supported on resources of kind "*.external.metrics.k8s.io""#,
        ),
        // Rows of the installer tests of custom-metrics-apiserver.
        (
            "queue_depth",
            404,
            "the server could not find the requested resource",
        ),
        (
            "namespaces/foo",
            404,
            "the server could not find the requested resource",
        ),
        (
            "namespaces/foo/group/metric",
            404,
            "the server could not find the requested resource",
        ),
    ];
    for (path, code, message) in failures {
        let failed = failure(&adapter, path).await;
        assert_eq!((failed.0, failed.2.as_str()), (*code, *message), "{path}");
    }
    let asked: Vec<String> = adapter.world.asked().await;
    assert_eq!(asked, [""; 0]);
}

#[tokio::test]
async fn a_metric_is_listed_while_its_rule_stands() {
    let adapter = TestAdapter::start_all(&[]).await;
    let body = adapter.aggregator().get(V1).await.json();
    let names: Vec<&Value> = body["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| &resource["name"])
        .collect();
    // The scripted Prometheus names the same series to every question.
    assert_eq!(
        names,
        [
            "http_requests_total",
            "queue_depth",
            "queue_scalar",
            "unmapped"
        ]
    );
}
