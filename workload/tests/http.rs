//! What clients see.

mod common;

use common::{POD, Workload, until};
use serde_json::Value;

#[test]
fn the_root_greets_with_the_name_of_the_pod() {
    let response = Workload::start(&[]).get("/");
    assert_eq!(response.status, 200);
    assert_eq!(response.body, format!("Hello from {POD}\n"));
}

#[test]
fn every_answer_names_its_pod() {
    let workload = Workload::start(&[]);
    let paths = [
        "/",
        "/health",
        "/ready",
        "/api/data",
        "/load?ms=0",
        "/metrics",
        "/load?ms=x",
        "/no",
    ];
    for path in paths {
        let response = workload.get(path);
        assert_eq!(response.headers["x-pod"], POD, "{path}");
    }
    assert_eq!(workload.request("POST", "/").headers["x-pod"], POD);
}

#[test]
fn probes_answer_in_json() {
    let workload = Workload::start(&[]);
    let health = workload.get("/health");
    let ready = workload.get("/ready");
    assert_eq!((health.status, ready.status), (200, 200));
    insta::assert_snapshot!(health.body, @r#"{"status":"healthy"}"#);
    insta::assert_snapshot!(ready.body, @r#"{"status":"ready"}"#);
}

#[test]
fn sample_data_is_json() {
    let response = Workload::start(&[]).get("/api/data");
    assert_eq!(response.headers["content-type"], "application/json");
    let data: Value = serde_json::from_str(&response.body).unwrap();
    insta::assert_json_snapshot!(data, @r#"
    {
      "items": [
        {
          "id": 1,
          "name": "espresso",
          "price_cents": 220
        },
        {
          "id": 2,
          "name": "flat white",
          "price_cents": 340
        },
        {
          "id": 3,
          "name": "cold brew",
          "price_cents": 410
        }
      ],
      "pod": "workload-7d9f-x2x4k"
    }
    "#);
}

#[test]
fn a_load_tells_what_was_asked_for_and_what_it_took() {
    let response = Workload::start(&[]).get("/load?ms=20");
    assert_eq!(response.status, 200);
    let burnt: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(burnt["requested_ms"], 20);
    assert!(burnt["elapsed_ms"].as_u64().unwrap() >= 20, "{burnt}");
}

#[test]
fn a_load_beyond_the_bounds_is_refused_with_the_reason() {
    let workload = Workload::start(&[]);
    for path in [
        "/load?ms=60001",
        "/load?ms=-1",
        "/load?ms=soon",
        "/load?ms=",
    ] {
        assert_eq!(workload.get(path).status, 400, "{path}");
    }
    insta::assert_snapshot!(workload.get("/load?ms=soon").body, @r#"{"error":"ms=soon: must be a whole number of milliseconds from 0 to 60000"}"#);
    insta::assert_snapshot!(workload.get("/load?ms=1&ms=2").body, @r#"{"error":"query string \"ms=1&ms=2\": Query deserialize error: duplicate field `ms`"}"#);
}

#[test]
fn an_unknown_path_is_told_what_there_is() {
    let response = Workload::start(&[]).get("/nowhere");
    assert_eq!(response.status, 404);
    insta::assert_snapshot!(response.body, @r#"{"error":"no such path; there are /, /api/data, /load, /health, /ready and /metrics"}"#);
}

#[test]
fn only_get_and_head_are_served() {
    let workload = Workload::start(&[]);
    assert_eq!(workload.request("POST", "/api/data").status, 405);

    let mut connection = workload.connect();
    connection.send("HEAD", "/");
    assert_eq!(connection.receive_head(false).status, 200);
    connection.send("GET", "/");
    assert_eq!(connection.receive().status, 200, "HEAD left a body behind");
}

#[test]
fn health_answers_while_twenty_loads_burn() {
    let workload = Workload::start(&[]);
    let loads = workload.burn(20, "/load?ms=60000");
    for _ in 0..20 {
        assert_eq!(workload.get("/health").status, 200);
    }
    assert_eq!(workload.burners(), 20, "the loads burnt all the while");
    drop(loads);
}

#[test]
fn burning_stops_when_the_client_goes_away() {
    let workload = Workload::start(&[]);
    drop(workload.burn(3, "/load?ms=60000"));
    until("no burner is left", || workload.burners() == 0);
}

#[test]
fn the_sixty_fifth_load_is_asked_to_come_back_later() {
    let workload = Workload::start(&[]);
    let loads = workload.burn(64, "/load?ms=60000");
    let refused = workload.get("/load");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.headers["retry-after"], "1");

    drop(loads);
    until("no burner is left", || workload.burners() == 0);
    assert_eq!(workload.get("/load?ms=1").status, 200);
}

#[test]
fn a_connection_that_has_lived_long_enough_ends_with_its_answer() {
    let workload = Workload::start(&["--conn-max-age", "1ns"]);
    let mut connection = workload.connect();
    connection.send("GET", "/");
    assert_eq!(connection.receive().headers["connection"], "close");
    assert!(connection.is_closed());
}

#[test]
fn a_connection_is_kept_while_it_is_young() {
    let workload = Workload::start(&["--conn-max-age", "1h"]);
    let mut connection = workload.connect();
    for _ in 0..3 {
        connection.send("GET", "/");
        assert_eq!(connection.receive().status, 200);
    }
}
