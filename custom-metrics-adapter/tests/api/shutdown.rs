use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::harness::{HPA_READ, TestAdapter, World, eventually, vector, within};

/// An adapter before a Prometheus that takes its time, and a read that waits for it.
async fn with_slow_read(
    delay: Duration,
) -> (
    TestAdapter,
    tokio::task::JoinHandle<anyhow::Result<crate::client::Answer>>,
) {
    let world = World::new().await;
    world.knows_series().await;
    let body = json!({"status": "success", "data": vector(&[("pod-a", "1")])});
    world
        .queries(
            ResponseTemplate::new(200)
                .set_body_json(body)
                .set_delay(delay),
        )
        .await;
    let adapter = world.start(&["--answer-budget=1h"]).await;
    adapter.ready().await;
    let client = adapter.hpa();
    let read = tokio::spawn(async move { client.h2().await?.sender.get(HPA_READ).await });
    eventually("the query is under way", || async {
        (!adapter.world.asked().await.is_empty()).then_some(())
    })
    .await;
    (adapter, read)
}

#[tokio::test]
async fn an_idle_h2_connection_does_not_hold_the_stop() {
    let adapter = TestAdapter::start().await;
    let mut connection = adapter.hpa().h2().await.unwrap();
    assert_eq!(
        connection.sender.get(HPA_READ).await.unwrap().code,
        StatusCode::OK
    );
    adapter.stop().await.unwrap();
    within("GOAWAY ends the connection", connection.task)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_connection_that_never_says_a_word_does_not_hold_the_stop() {
    let adapter = TestAdapter::start().await;
    let silent = adapter.hpa().connect(b"http/1.1").await.unwrap();
    adapter.stop().await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_end() {
    let (adapter, read) = with_slow_read(Duration::from_millis(500)).await;
    adapter.stop().await.unwrap();
    assert_eq!(read.await.unwrap().unwrap().code, StatusCode::OK);
}

#[tokio::test]
async fn readiness_goes_first_and_the_listener_last() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    let adapter = world.start(&["--shutdown-grace=1h"]).await;
    adapter.ready().await;
    adapter.stops.send("SIGTERM").await.unwrap();
    eventually("readiness is withdrawn", || async {
        let (code, gates) = adapter.admin("/readyz").await;
        (code == 503 && gates.contains("[-]shutdown failed")).then_some(())
    })
    .await;
    assert_eq!(adapter.hpa().get(HPA_READ).await.code, StatusCode::OK);
    adapter.stops.send("SIGTERM").await.unwrap();
    let end = within("the second signal ends the grace", adapter.task)
        .await
        .unwrap();
    assert!(end.unwrap_err().to_string().contains("second signal"));
}

#[tokio::test]
async fn a_second_signal_ends_a_drain() {
    let (adapter, read) = with_slow_read(Duration::from_hours(1)).await;
    adapter.stops.send("SIGTERM").await.unwrap();
    adapter.stops.send("SIGINT").await.unwrap();
    within("the adapter ends", adapter.task)
        .await
        .unwrap()
        .unwrap_err();
    read.abort();
}

#[tokio::test]
async fn closed_connections_leave_no_task_behind() {
    let adapter = TestAdapter::start().await;
    let alive = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let client = adapter.stranger();
    client.get("/livez").await;
    let before = alive();
    for _ in 0..200 {
        assert_eq!(client.get("/livez").await.code, StatusCode::OK);
    }
    eventually("every connection's task has ended", || async {
        (alive() <= before).then_some(())
    })
    .await;
    let (_, metrics) = adapter.admin("/metrics").await;
    assert!(
        metrics.contains("custom_metrics_adapter_connections 0"),
        "{metrics}"
    );
}
