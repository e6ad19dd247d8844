//! Workers that wait for their answers.

use super::{
    closed_port, load,
    server::{Answer, OK, Server},
};

#[test]
fn exactly_the_requests_are_sent_by_no_more_than_the_workers() {
    for (requests, workers) in [(1000, 20), (1000, 30), (7, 20)] {
        let server = Server::start(OK);
        let run = load(&server.url(), &format!("-n {requests} -c {workers}"));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.account(), [requests, requests, 0, 0, 0]);
        assert_eq!(server.requests().len() as u64, requests);
        assert!(server.most_waiting() <= workers);
    }
}

#[test]
fn all_workers_send_at_once_and_not_one_after_the_other() {
    let server = Server::start(Answer {
        hold_until: 20,
        ..OK
    });
    let run = load(&server.url(), "-n 20 -c 20");
    assert_eq!(run.account(), [20, 20, 0, 0, 0]);
    assert_eq!(server.most_waiting(), 20);
}

#[test]
fn nothing_is_due_in_a_closed_loop_and_the_report_says_what_that_hides() {
    let server = Server::start(OK);
    let run = load(&server.url(), "-n 10 -c 2");
    let report = run.report();
    assert!(report["latency_from_due_ms"].is_null() && report["lateness_ms"].is_null());
    assert!(report["rate"].is_null() && report["latency_from_send_ms"].is_object());
    assert_eq!(
        (&report["workers"], &report["load"]),
        (&2.into(), &"10 requests by 2 workers".into())
    );
    assert!(
        run.stdout.contains("workers wait for answers"),
        "{}",
        run.stdout
    );
}

#[test]
fn time_ends_a_closed_loop_too() {
    let server = Server::start(OK);
    let run = load(&server.url(), "-c 2 --duration 300ms");
    let [planned, ok, ..] = run.account();
    assert!(planned > 2 && planned == ok);
    assert_eq!(server.requests().len() as u64, planned);
}

#[test]
fn a_closed_loop_waits_for_its_target_as_well() {
    let run = load(&closed_port(), "-n 10 -c 2 --wait-ready 0s");
    assert_eq!((run.code, run.account()), (Some(3), [0; 5]));
}
