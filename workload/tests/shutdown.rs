//! How the process ends when it is asked to.

mod common;

use common::{Connection, Workload, until};

/// Longer than any test waits: what happens meanwhile happens during the drain.
const ENDLESS_DRAIN: [&str; 2] = ["--drain", "1h"];

fn start_draining(workload: &Workload) {
    workload.signal("TERM");
    until("the pod is not ready", || {
        workload.get("/ready").status == 503
    });
}

#[test]
fn a_request_under_way_is_answered_before_the_process_ends() {
    let workload = Workload::start(&["--drain", "0s"]);
    let address = workload.address;
    let mut slow = workload.burn(5, "/load?ms=2000");
    workload.signal("TERM");
    for connection in &mut slow {
        assert_eq!(connection.receive().status, 200);
    }
    assert_eq!(workload.wait().code(), Some(0));
    assert!(Connection::open(address).is_err(), "the port is free again");
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let workload = Workload::start(&["--drain", "0s"]);
    let mut idle = workload.connect();
    idle.send("GET", "/");
    assert_eq!(idle.receive().status, 200);
    workload.signal("INT");
    assert_eq!(workload.wait().code(), Some(0));
    assert!(idle.is_closed());
}

#[test]
fn new_connections_are_served_while_draining() {
    let workload = Workload::start(&ENDLESS_DRAIN);
    start_draining(&workload);
    for path in ["/", "/api/data", "/load?ms=1"] {
        assert_eq!(workload.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_draining_pod_is_alive_but_not_ready() {
    let workload = Workload::start(&ENDLESS_DRAIN);
    start_draining(&workload);
    assert_eq!(workload.get("/health").status, 200);
    insta::assert_snapshot!(workload.get("/ready").body, @r#"{"status":"draining"}"#);
}

#[test]
fn a_draining_pod_sends_keep_alive_clients_away_after_an_answer() {
    let workload = Workload::start(&ENDLESS_DRAIN);
    let mut connection = workload.connect();
    connection.send("GET", "/");
    let before = connection.receive();
    assert_ne!(
        before.headers.get("connection").map(String::as_str),
        Some("close")
    );

    start_draining(&workload);
    connection.send("GET", "/");
    let answer = connection.receive();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["connection"], "close");
    assert!(connection.is_closed());
}

#[test]
fn a_second_signal_ends_the_drain_at_once() {
    let workload = Workload::start(&ENDLESS_DRAIN);
    start_draining(&workload);
    workload.signal("TERM");
    assert_eq!(workload.wait().code(), Some(1));
}

#[test]
fn a_second_signal_ends_requests_in_flight_at_once() {
    let workload = Workload::start(&["--drain", "0s"]);
    let mut slow = workload.burn(1, "/load?ms=60000");
    workload.signal("TERM");
    until("the listener is closed", || {
        Connection::open(workload.address).is_err()
    });
    workload.signal("INT");
    assert_eq!(workload.wait().code(), Some(1));
    assert!(slow.iter_mut().all(Connection::is_closed));
}

#[test]
fn the_last_line_of_the_log_says_how_many_requests_were_counted() {
    let mut workload = Workload::start(&["--drain", "0s"]);
    for path in ["/", "/api/data", "/no", "/health", "/metrics"] {
        workload.get(path);
    }
    workload.signal("TERM");
    let log = workload.log();
    let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["message"], &last["requests"]),
        (&"stopped".into(), &3.into()),
        "{log}"
    );
}
