use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::{path, query_param};

use crate::harness::{HPA, TestAdapter, V1, World, eventually};

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

#[tokio::test]
async fn groups_versions_and_resources_are_listed() {
    let adapter = TestAdapter::start().await;
    let client = adapter.aggregator();
    let apis = client.get("/apis").await;
    assert_eq!(apis.code, StatusCode::OK);
    assert_eq!(apis.json()["groups"][0]["name"], "custom.metrics.k8s.io");
    let group = client.get("/apis/custom.metrics.k8s.io").await.json();
    assert_eq!(group["kind"], "APIGroup");
    let [one, two] = [V1, "/apis/custom.metrics.k8s.io/v1beta2"].map(|path| client.get(path));
    let (one, two) = (one.await.json(), two.await.json());
    assert_eq!(one["groupVersion"], "custom.metrics.k8s.io/v1beta1");
    assert_eq!(two["groupVersion"], "custom.metrics.k8s.io/v1beta2");
    assert_eq!(one["resources"], two["resources"]);
    let names: Vec<&str> = one["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "namespaces/http_requests_per_second",
            "pods/http_requests_per_second"
        ]
    );
}

#[tokio::test]
async fn aggregated_discovery_is_given_with_a_tag_and_kept_by_it() {
    let adapter = TestAdapter::start().await;
    let client = adapter.aggregator().with_header("accept", V2);
    let first = client.get("/apis").await;
    assert_eq!(first.headers["content-type"], V2);
    assert_eq!(first.json()["kind"], "APIGroupDiscoveryList");
    assert_eq!(
        first.json()["items"][0]["metadata"]["name"],
        "custom.metrics.k8s.io"
    );
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = client.with_header("if-none-match", &tag).get("/apis").await;
    assert_eq!(
        (again.code, again.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
}

#[tokio::test]
async fn a_metric_is_registered_while_its_rule_stands_though_prometheus_is_silent() {
    let world = World::new().await;
    // Nothing is mounted: every request of Prometheus' API gets 404.
    let adapter = world.start(&[]).await;
    let list = eventually("discovery answers", || async {
        let answer = adapter.aggregator().try_send("GET", V1).await.ok()?;
        (answer.code == StatusCode::OK).then(|| answer.json())
    })
    .await;
    assert_eq!(list["resources"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn one_failing_rule_leaves_the_others_alone() {
    let world = World::new().await;
    world.write(
        "rules.yaml",
        r#"
rules:
- seriesQuery: '{__name__=~"broken.*"}'
  resources: {template: "<<.Resource>>"}
  metricsQuery: 'sum(<<.Series>>) by (<<.GroupBy>>)'
- seriesQuery: '{__name__=~"queue_.*"}'
  resources: {template: "<<.Resource>>"}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"#,
    );
    let data =
        |data| ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data}));
    for (endpoint, found) in [
        ("/api/v1/label/__name__/values", json!(["queue_depth"])),
        ("/api/v1/labels", json!(["__name__", "namespace", "pod"])),
    ] {
        wiremock::Mock::given(path(endpoint))
            .and(query_param("match[]", r#"{__name__=~"queue_.*"}"#))
            .respond_with(data(found))
            .mount(&world.prometheus)
            .await;
    }
    let adapter = world.start(&[]).await;
    adapter.ready().await;
    let listed = adapter.aggregator().get(V1).await.text;
    assert!(listed.contains("pods/queue_depth"), "{listed}");
}

#[tokio::test]
async fn what_does_not_exist_or_is_not_allowed_says_so() {
    let adapter = TestAdapter::start().await;
    let client = adapter.aggregator();
    let unknown = client.get("/apis/custom.metrics.k8s.io/v1beta9").await;
    assert_snapshot!(unknown.text.trim_end(), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}"#);
    let post = client.send("POST", V1).await;
    assert_snapshot!(post.text.trim_end(), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server does not allow this method on the requested resource","reason":"MethodNotAllowed","details":{},"code":405}"#);
    let html = client.with_header("accept", "text/html").get(V1).await;
    assert_eq!(html.code, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(html.json()["reason"], "NotAcceptable");
}

#[tokio::test]
async fn openapi_and_version_are_what_the_aggregator_accepts() {
    let adapter = TestAdapter::start().await;
    let client = adapter.aggregator();
    assert_eq!(client.get("/openapi/v2").await.json()["swagger"], "2.0");
    let index = client.get("/openapi/v3").await.json();
    let documents = index["paths"].as_object().unwrap();
    let versions: Vec<&String> = documents.keys().collect();
    assert_eq!(
        versions,
        [
            "apis/custom.metrics.k8s.io/v1beta1",
            "apis/custom.metrics.k8s.io/v1beta2"
        ]
    );
    for document in documents.values() {
        let url = document["serverRelativeURL"].as_str().unwrap();
        let version = client.get(url).await.json();
        assert!(version["openapi"].as_str().unwrap().starts_with("3."));
    }
    assert_eq!(client.get("/version").await.json()["major"], "0");
}

#[tokio::test]
async fn the_admin_port_lists_gates_and_counts_requests() {
    let adapter = TestAdapter::start().await;
    let (code, gates) = adapter.admin("/readyz?verbose").await;
    assert_eq!(code, 200);
    assert_snapshot!(gates, @r"
    [+]pods ok
    [+]prometheus ok
    [+]request-header-authority ok
    [+]rules ok
    [+]serving-certificate ok
    [+]shutdown ok
    readyz check passed
    ");
    adapter.proxied(HPA).get(V1).await;
    let (_, metrics) = adapter.admin("/metrics").await;
    for line in [
        r#"custom_metrics_adapter_requests_total{code="200",route="discovery"} 1"#,
        r#"custom_metrics_adapter_rule_last_success_timestamp_seconds{rule="rules[0]"} "#,
        r#"custom_metrics_adapter_watched_objects{watch="pods"} 3"#,
    ] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
    assert!(!metrics.contains("serving_certificate_not_after_timestamp_seconds 0\n"));
}
