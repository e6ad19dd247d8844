use http::StatusCode;
use serde_json::json;

use crate::harness::{HPA, HPA_READ, TestAdapter, V1};
use crate::pki::Authority;

#[tokio::test]
async fn the_front_proxys_user_is_let_in_after_one_wide_review() {
    let adapter = TestAdapter::start().await;
    for _ in 0..3 {
        assert_eq!(adapter.hpa().get(HPA_READ).await.code, StatusCode::OK);
    }
    let reviews = adapter.world.cluster.reviews();
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    assert_eq!(reviews[0]["user"], HPA);
    assert_eq!(
        reviews[0]["resourceAttributes"],
        json!({"verb": "get", "group": "custom.metrics.k8s.io", "version": "*", "resource": "*"})
    );
}

#[tokio::test]
async fn who_may_read_one_resource_reads_that_and_nothing_else() {
    let adapter = TestAdapter::start().await;
    adapter.world.cluster.allow("ada", Some("pods"));
    let ada = adapter.proxied("ada");
    assert_eq!(ada.get(HPA_READ).await.code, StatusCode::OK);
    let denied = ada
        .get(&format!(
            "{V1}/namespaces/default/metrics/http_requests_per_second"
        ))
        .await;
    assert_eq!(denied.code, StatusCode::FORBIDDEN);
    assert_eq!(denied.json()["reason"], "Forbidden");
    assert!(
        denied
            .message()
            .contains(r#"User "ada" cannot get resource "metrics/"#)
            || denied
                .message()
                .contains(r#"User "ada" cannot get resource "metrics"#),
        "{}",
        denied.message()
    );
    let narrow = &adapter.world.cluster.reviews()[1]["resourceAttributes"];
    assert_eq!(narrow["namespace"], "default");
    assert_eq!(narrow["subresource"], "http_requests_per_second");
}

#[tokio::test]
async fn discovery_is_reviewed_as_a_path_and_a_denial_is_remembered() {
    let adapter = TestAdapter::start().await;
    let eve = adapter.proxied("eve");
    for _ in 0..2 {
        let denied = eve.get(V1).await;
        assert_eq!(denied.code, StatusCode::FORBIDDEN);
        assert!(
            denied.message().contains(r#"User "eve" cannot get path"#),
            "{}",
            denied.message()
        );
    }
    let reviews = adapter.world.cluster.reviews();
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    assert_eq!(
        reviews[0]["nonResourceAttributes"],
        json!({"path": V1, "verb": "get"})
    );
}

#[tokio::test]
async fn masters_are_let_in_without_a_review() {
    let adapter = TestAdapter::start().await;
    assert_eq!(adapter.aggregator().get(V1).await.code, StatusCode::OK);
    assert!(adapter.world.cluster.reviews().is_empty());
}

#[tokio::test]
async fn without_a_certificate_only_health_is_read_whatever_the_headers_say() {
    let adapter = TestAdapter::start().await;
    let spoofer = adapter
        .stranger()
        .with_header("x-remote-user", HPA)
        .with_header("x-remote-group", "system:masters");
    for path in ["/livez", "/readyz", "/healthz"] {
        assert_eq!(spoofer.get(path).await.text, "ok", "{path}");
    }
    for path in [
        HPA_READ,
        V1,
        "/apis",
        "/openapi/v2",
        "/version",
        "/metrics",
        "/nowhere",
    ] {
        let answer = spoofer.get(path).await;
        assert_eq!(answer.code, StatusCode::FORBIDDEN, "{path}: {answer:?}");
        assert_eq!(answer.json()["kind"], "Status");
    }
    assert!(adapter.world.cluster.reviews().is_empty());
}

#[tokio::test]
async fn a_certificate_of_another_authority_fails_the_handshake() {
    let adapter = TestAdapter::start().await;
    let mut client = adapter.hpa();
    client.certificate = Some(Authority::new("foreign").client("front-proxy-client"));
    client.try_send("GET", "/livez").await.unwrap_err();
}

#[tokio::test]
async fn a_right_certificate_with_a_wrong_name_is_nobody() {
    let adapter = TestAdapter::start().await;
    let mut client = adapter.aggregator();
    client.certificate = Some(adapter.world.front_proxy.client("kubelet"));
    let answer = client.get(V1).await;
    assert_eq!(answer.code, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["reason"], "Unauthorized");
}

#[tokio::test]
async fn a_front_proxy_that_names_no_user_is_refused() {
    let adapter = TestAdapter::start().await;
    let mut client = adapter
        .stranger()
        .with_header("x-remote-group", "system:masters");
    client.certificate = Some(adapter.world.front_proxy.client("front-proxy-client"));
    assert_eq!(client.get(V1).await.code, StatusCode::UNAUTHORIZED);
}
