//! cpu and memory of pods and nodes over HTTP.

use http::StatusCode;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::client::Answer;
use crate::harness::{TestAdapter, rows};

const V1: &str = "/apis/metrics.k8s.io/v1beta1";
const TWO_CPU: &str =
    r#"sum(rate(cpu{namespace="default",pod=~"pod-a|pod-b"}[5m])) by (pod,container)"#;
const TWO_MEMORY: &str =
    r#"sum(memory{namespace="default",pod=~"pod-a|pod-b"}) by (pod,container)"#;
const ONE_CPU: &str = r#"sum(rate(cpu{namespace="default",pod="pod-a"}[5m])) by (pod,container)"#;
const ONE_MEMORY: &str = r#"sum(memory{namespace="default",pod="pod-a"}) by (pod,container)"#;
const NODE_CPU: &str = r#"sum(rate(cpu{node=~"node1|node2"}[5m])) by (node)"#;
const NODE_MEMORY: &str = r#"sum(memory{node=~"node1|node2"}) by (node)"#;

fn container(pod: &str, container: &str) -> Value {
    json!({"pod": pod, "container": container})
}

/// The body with the time of the answer masked.
fn masked(answer: &Answer) -> Value {
    let mut body = answer.json();
    let mask = |metadata: &mut Value| {
        let time = metadata["creationTimestamp"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok());
        metadata["creationTimestamp"] = "NOW".into();
    };
    match body["items"].as_array_mut() {
        Some(items) => items
            .iter_mut()
            .for_each(|item| mask(&mut item["metadata"])),
        None => mask(&mut body["metadata"]),
    }
    body
}

#[tokio::test]
async fn pods_are_told_with_all_their_containers_or_not_at_all() {
    // pod-b has a container that has no cpu yet.
    let cpu = rows(&[
        (container("pod-a", "c1"), "0.25"),
        (container("pod-a", "c2"), "0.0014"),
        (container("pod-b", "c1"), "1"),
    ]);
    let memory = rows(&[
        (container("pod-a", "c2"), "0"),
        (container("pod-a", "c1"), "104857600"),
        (container("pod-b", "c1"), "1"),
        (container("pod-b", "new"), "1"),
    ]);
    let adapter = TestAdapter::start_all(&[(TWO_CPU, cpu), (TWO_MEMORY, memory)]).await;
    let path = format!("{V1}/namespaces/default/pods?labelSelector=app%3Dx");
    let answer = adapter.hpa().get(&path).await;
    assert_eq!(answer.code, StatusCode::OK, "{answer:?}");
    let expected = json!({
        "kind": "PodMetricsList",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {},
        "items": [{
            "metadata": {
                "name": "pod-a",
                "namespace": "default",
                "creationTimestamp": "NOW",
                "labels": {"app": "x"},
            },
            "timestamp": "2023-11-14T22:13:20Z",
            "window": "5m0s",
            "containers": [
                {"name": "c1", "usage": {"cpu": "250m", "memory": "100Mi"}},
                {"name": "c2", "usage": {"cpu": "1m", "memory": "0"}},
            ],
        }],
    });
    assert_eq!(masked(&answer), expected);
}

#[tokio::test]
async fn nodes_are_told_one_and_all() {
    let node = |name: &str| json!({"node": name});
    let queries = [
        (
            NODE_CPU,
            rows(&[(node("node1"), "1.5"), (node("node2"), "2")]),
        ),
        (NODE_MEMORY, rows(&[(node("node1"), "8589934592")])),
        (
            r#"sum(rate(cpu{node="node1"}[5m])) by (node)"#,
            rows(&[(node("node1"), "1.5")]),
        ),
        (
            r#"sum(memory{node="node1"}) by (node)"#,
            rows(&[(node("node1"), "8589934592")]),
        ),
    ];
    let adapter = TestAdapter::start_all(&queries).await;
    let one = json!({
        "metadata": {"name": "node1", "creationTimestamp": "NOW", "labels": {"app": "n"}},
        "timestamp": "2023-11-14T22:13:20Z",
        "window": "5m0s",
        "usage": {"cpu": "1500m", "memory": "8Gi"},
    });
    let list = adapter.hpa().get(&format!("{V1}/nodes")).await;
    assert_eq!(masked(&list)["items"], json!([one]));
    let alone = masked(&adapter.hpa().get(&format!("{V1}/nodes/node1")).await);
    assert_eq!(alone["kind"], "NodeMetrics");
    assert_eq!(alone["usage"], one["usage"]);
}

#[tokio::test]
async fn a_field_selector_picks_from_a_list() {
    let usage = |pod: &str| rows(&[(container(pod, "c"), "1")]);
    let adapter =
        TestAdapter::start_all(&[(ONE_CPU, usage("pod-a")), (ONE_MEMORY, usage("pod-a"))]).await;
    let path = format!("{V1}/pods?fieldSelector=metadata.name%3Dpod-a");
    let body = adapter.hpa().get(&path).await.json();
    assert_eq!(body["items"][0]["metadata"]["name"], "pod-a");
    let path = format!("{V1}/pods?fieldSelector=metadata.namespace%3Dother");
    let none = adapter.hpa().get(&path).await;
    assert_eq!(
        (none.code, &none.json()["items"]),
        (StatusCode::OK, &json!([]))
    );
}

#[tokio::test]
async fn what_does_not_exist_and_what_is_not_known_is_not_found() {
    let some = rows(&[(container("pod-a", "c"), "1")]);
    let adapter = TestAdapter::start_all(&[(ONE_CPU, some), (ONE_MEMORY, rows(&[]))]).await;
    for (path, message) in [
        (
            "nodes/nodeX",
            r#"node "nodeX" not found: the cluster has no such node"#,
        ),
        (
            "namespaces/default/pods/pod-x",
            r#"pods "pod-x" not found: no such pod runs in this namespace"#,
        ),
        (
            "namespaces/default/pods/pod-a",
            r#"podmetrics.metrics.k8s.io "default/pod-a" not found: the memory query returned no sample for it"#,
        ),
    ] {
        let answer = adapter.hpa().get(&format!("{V1}/{path}")).await;
        assert_eq!(
            (answer.code, answer.message().as_str()),
            (StatusCode::NOT_FOUND, message)
        );
    }
}

#[tokio::test]
async fn a_failing_prometheus_is_an_error_and_not_an_empty_list() {
    let adapter = TestAdapter::start_all(&[]).await;
    adapter.world.queries(ResponseTemplate::new(502)).await;
    for path in ["namespaces/default/pods", "nodes", "nodes/node1"] {
        let answer = adapter.hpa().get(&format!("{V1}/{path}")).await;
        assert_eq!(answer.code, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            answer.message(),
            "Internal error occurred: unable to fetch metrics: unexpected HTTP 502"
        );
    }
}
