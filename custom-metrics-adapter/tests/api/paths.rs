//! Every path and method, and what anybody may read.

use http::StatusCode;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::harness::{HPA_READ, TestAdapter, V1, World, vector};

const EXTERNAL: &str = "/apis/external.metrics.k8s.io/v1beta1";
const USAGE: &str = "/apis/metrics.k8s.io/v1beta1";
const NOWHERE: &str = "the server could not find the requested resource";
const METHOD: &str = "the server does not allow this method on the requested resource";

#[tokio::test]
async fn only_get_is_answered_and_other_paths_are_not_found() {
    let adapter = TestAdapter::start_all(&[]).await;
    let pod = format!("{V1}/namespaces/default/pods/pod-a/m");
    let external = format!("{EXTERNAL}/namespaces/default/m");
    let pods = format!("{USAGE}/namespaces/default/pods");
    let blah = format!("{V1}/blah");
    let short = format!("{V1}/namespaces/ns/pods");
    let cases: &[(&str, &str, u16, &str)] = &[
        ("POST", &pod, 405, METHOD),
        ("OPTIONS", &pod, 405, METHOD),
        ("DELETE", &external, 405, METHOD),
        ("PUT", &pods, 405, METHOD),
        ("PATCH", "/apis", 405, METHOD),
        ("POST", &blah, 404, NOWHERE),
        // Rows of the installer tests of custom-metrics-apiserver.
        ("GET", &blah, 404, NOWHERE),
        ("GET", &format!("{V1}/nodes/foo"), 404, NOWHERE),
        ("GET", &format!("{V1}/namespaces/ns/pods/bar"), 404, NOWHERE),
        ("GET", &short, 400, "invalid request path"),
        (
            "GET",
            "/apis/custom.metrics.k8s.io/v1/nodes/n/m",
            404,
            NOWHERE,
        ),
        ("GET", &format!("{USAGE}/services"), 404, NOWHERE),
    ];
    for (method, path, code, message) in cases {
        let answer = adapter.hpa().send(method, path).await;
        assert_eq!(
            (answer.code.as_u16(), answer.message().as_str()),
            (*code, *message),
            "{method} {path}"
        );
    }
    let head = adapter.hpa().send("HEAD", &pod).await;
    assert_eq!((head.code.as_u16(), head.text.as_str()), (405, ""));
}

#[tokio::test]
async fn a_group_that_is_not_configured_does_not_exist() {
    let adapter = TestAdapter::start().await;
    for path in [
        EXTERNAL,
        USAGE,
        "/apis/metrics.k8s.io",
        "/apis/apps/v1",
        "/api",
    ] {
        let answer = adapter.hpa().get(path).await;
        assert_eq!(answer.code, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.json()["paths"].is_array(), "{answer:?}");
    }
    let index = adapter.hpa().get("/").await;
    assert_eq!(index.code, StatusCode::OK);
    let groups = adapter.aggregator().get("/apis").await.json();
    assert_eq!(groups["groups"].as_array().unwrap().len(), 1);
}

/// 16 namespaced values, 4 at the root and so on in their test; here as many as the cluster has.
#[tokio::test]
async fn values_are_read_at_the_root_in_namespaces_and_of_namespaces() {
    let adapter = TestAdapter::start().await;
    let read = async |path: &str, pods: &[&str]| {
        let rows: Vec<_> = pods.iter().map(|pod| (*pod, "1")).collect();
        adapter.world.answers(vector(&rows)).await;
        let answer = adapter.hpa().get(&format!("{V1}/{path}")).await;
        answer.json()["items"].as_array().map(Vec::len)
    };
    let metric = "http_requests_per_second";
    let all = ["pod-a", "pod-b", "pod-c"];
    let path = format!("namespaces/default/pods/*/{metric}");
    assert_eq!(read(&path, &all).await, Some(3));
    let path = format!("namespaces/default/pods/*/{metric}?labelSelector=app%3Dx");
    assert_eq!(read(&path, &all).await, Some(2));
    let path = format!("namespaces/default/pods/pod-a/{metric}");
    assert_eq!(read(&path, &all).await, Some(1));
    // A wrong scope is not found.
    assert_eq!(read(&format!("pods/pod-a/{metric}"), &all).await, None);
    assert_eq!(
        read(&format!("namespaces/default/nodes/n/{metric}"), &all).await,
        None
    );
}

#[tokio::test]
async fn a_client_may_be_less_patient_than_we_are() {
    let world = World::new().await;
    world.knows_series().await;
    let body = json!({"status": "success", "data": vector(&[("pod-a", "1")])});
    let slow = std::time::Duration::from_mins(10);
    let response = ResponseTemplate::new(200)
        .set_body_json(body)
        .set_delay(slow);
    world.queries(response).await;
    let adapter = world.start(&["--answer-budget=10m"]).await;
    adapter.ready().await;
    let late = adapter.hpa().get(&format!("{HPA_READ}&timeout=10ms")).await;
    assert_eq!(late.code, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(
        late.message(),
        "Timeout: request did not complete within the allotted timeout: Prometheus gave no answer within 10ms"
    );
    let bad = adapter.hpa().get(&format!("{HPA_READ}&timeout=soon")).await;
    assert_eq!(
        (bad.code, bad.message().as_str()),
        (
            StatusCode::BAD_REQUEST,
            r#"invalid timeout specified in the request URL - time: invalid duration "soon""#
        )
    );
}

#[tokio::test]
async fn our_own_metrics_are_for_those_who_may_read_them() {
    let adapter = TestAdapter::start().await;
    let answer = adapter.hpa().get("/metrics").await;
    assert_eq!(answer.code, StatusCode::OK);
    assert!(answer.text.contains("custom_metrics_adapter_build_info"));
    let denied = adapter.proxied("eve").get("/metrics").await;
    assert_eq!(denied.code, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn anybody_reads_the_open_paths_and_no_others() {
    let world = World::new().await;
    world.answers(vector(&[])).await;
    let open = "--authorization-always-allow-paths=/healthz,/livez/*,/version";
    let adapter = world.start(&[open]).await;
    adapter.ready().await;
    let code = async |path: &str| adapter.stranger().get(path).await.code.as_u16();
    assert_eq!(code("/healthz").await, 200);
    assert_eq!(code("/livez/ping").await, 200);
    assert_eq!(code("/version").await, 200);
    assert_eq!(code("/readyz").await, 403);
    assert_eq!(code("/apis").await, 403);
    let verbose = adapter.hpa().get("/readyz?verbose").await;
    assert!(
        verbose.text.ends_with("readyz check passed\n"),
        "{verbose:?}"
    );
}
