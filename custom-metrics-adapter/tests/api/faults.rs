use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use wiremock::ResponseTemplate;

use crate::client::Answer;
use crate::harness::{HPA_READ, TestAdapter, World, eventually, vector};

/// What the HPA reads while Prometheus answers queries like this.
async fn read_while(response: ResponseTemplate, flags: &[&str]) -> Answer {
    let world = World::new().await;
    world.knows_series().await;
    world.queries(response).await;
    let adapter = world.start(flags).await;
    adapter.ready().await;
    let answer = adapter.hpa().get(HPA_READ).await;
    let body = answer.json();
    assert_eq!(
        body["kind"], "Status",
        "a fault never makes up values: {body}"
    );
    answer
}

/// A line to Prometheus that is cut at first: connections end as soon as they are made.
struct Line {
    address: SocketAddr,
    up: Arc<AtomicBool>,
}

impl Line {
    async fn to(prometheus: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, up) = (
            listener.local_addr().unwrap(),
            Arc::new(AtomicBool::new(false)),
        );
        let is_up = Arc::clone(&up);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if is_up.load(Ordering::SeqCst) {
                    tokio::spawn(async move {
                        let mut far = TcpStream::connect(prometheus).await?;
                        tokio::io::copy_bidirectional(&mut near, &mut far).await
                    });
                }
            }
        });
        Self { address, up }
    }
}

fn assert_backend(answer: &Answer, why: &str) {
    assert_eq!(answer.code, StatusCode::INTERNAL_SERVER_ERROR, "{answer:?}");
    let message = answer.message();
    assert!(
        message.starts_with("Internal error occurred: unable to fetch metrics")
            && message.contains(why),
        "{message}"
    );
}

#[tokio::test]
async fn a_slow_prometheus_costs_no_more_than_the_answer_budget() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_hours(1));
    let answer = read_while(slow, &["--answer-budget=50ms"]).await;
    assert_eq!(answer.code, StatusCode::GATEWAY_TIMEOUT);
    assert!(
        answer.message().contains("no answer within 50ms"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn garbage_is_an_error() {
    let garbage = ResponseTemplate::new(200).set_body_string("<html>");
    assert_backend(
        &read_while(garbage, &[]).await,
        "not the JSON of Prometheus",
    );
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let huge = ResponseTemplate::new(200).set_body_string("x".repeat(100_000));
    let answer = read_while(huge, &["--prometheus-max-response=65536"]).await;
    assert_backend(&answer, "larger than 65536 bytes");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let redirect = ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/");
    assert_backend(&read_while(redirect, &[]).await, "redirect");
}

#[tokio::test]
async fn an_error_of_prometheus_is_handed_on() {
    let body = json!({"status": "error", "errorType": "bad_data", "error": "parse error at 7"});
    let refused = ResponseTemplate::new(400).set_body_json(body);
    assert_backend(
        &read_while(refused, &[]).await,
        "bad_data: parse error at 7",
    );
}

#[tokio::test]
async fn an_error_of_something_in_between_is_told_by_its_code() {
    assert_backend(
        &read_while(ResponseTemplate::new(502), &[]).await,
        "HTTP 502",
    );
}

#[tokio::test]
async fn a_partial_answer_is_no_answer() {
    let body = json!({
        "status": "success",
        "warnings": ["store 10.0.0.1 is unavailable"],
        "data": vector(&[("pod-a", "10")]),
    });
    let partial = ResponseTemplate::new(200).set_body_json(body);
    assert_backend(&read_while(partial, &[]).await, "the answer is partial");
}

#[tokio::test]
async fn a_scalar_is_no_vector() {
    let body = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}});
    let scalar = ResponseTemplate::new(200).set_body_json(body);
    assert_backend(&read_while(scalar, &[]).await, "a scalar, not a vector");
}

#[tokio::test]
async fn prometheus_gone_is_an_error_and_its_return_is_noticed() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    let line = Line::to(*world.prometheus.address()).await;
    let flag = format!("--prometheus-url=http://{}", line.address);
    let adapter = world.start(&[&flag]).await;
    let answer = eventually("reads are refused with the reason", || async {
        let answer = adapter.hpa().try_send("GET", HPA_READ).await.ok()?;
        (answer.code == StatusCode::INTERNAL_SERVER_ERROR).then_some(answer)
    })
    .await;
    assert_backend(&answer, "cannot reach Prometheus");
    line.up.store(true, Ordering::SeqCst);
    eventually("values are back", || async {
        (adapter.hpa().get(HPA_READ).await.code == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_unsynced_pod_watch_is_503_and_not_an_empty_list() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "10")])).await;
    world.cluster.pods.lists.send_replace(false);
    let adapter = world.start(&[]).await;
    let answer = eventually("reads are refused with the reason", || async {
        let answer = adapter.hpa().try_send("GET", HPA_READ).await.ok()?;
        (answer.code != StatusCode::UNAUTHORIZED).then_some(answer)
    })
    .await;
    assert_eq!(answer.code, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(
        answer.message().contains("watch of pods"),
        "{}",
        answer.message()
    );
    let (code, gates) = adapter.admin("/readyz").await;
    assert_eq!(code, 503);
    assert!(gates.contains("[-]pods failed"), "{gates}");
    adapter.world.cluster.pods.lists.send_replace(true);
    adapter.ready().await;
    assert_eq!(adapter.hpa().get(HPA_READ).await.code, StatusCode::OK);
}

#[tokio::test]
async fn a_failed_access_review_lets_nobody_in() {
    let adapter = TestAdapter::start().await;
    adapter.world.cluster.fail_reviews();
    let answer = adapter.hpa().get(HPA_READ).await;
    assert_eq!(answer.code, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        answer.message().contains("cannot review the access"),
        "{}",
        answer.message()
    );
}
