//! Which connections requests go out on, and how that spreads them over pods.

use std::collections::BTreeMap;

use super::{
    load,
    server::{Answer, OK, Server},
};

#[test]
fn kept_connections_end_after_their_number_of_requests() {
    let server = Server::start(OK);
    let flags = "--rate 100 --duration 500ms --keep-alive --conn-requests 10 --conn-age 10m";
    let run = load(&server.url(), flags);
    assert_eq!(run.account(), [50, 50, 0, 0, 0]);
    assert!(server.connections() >= 5);
    assert_eq!(
        run.count("/connections/opened"),
        server.connections() as u64
    );
}

#[test]
fn a_kept_connection_that_the_server_closed_costs_a_retry_and_no_failure() {
    let server = Server::start(Answer {
        close_after: 3,
        ..OK
    });
    let run = load(&server.url(), "--rate 100 --duration 500ms --keep-alive");
    assert_eq!(run.account(), [50, 50, 0, 0, 0]);
    assert_eq!(server.requests().len(), 50);
}

#[test]
fn beyond_the_allowed_connections_requests_share_those_that_are_open() {
    let server = Server::start(OK);
    let run = load(&server.url(), "--rate 400 --duration 1s --conn-rate 40");
    assert_eq!(run.account(), [400, 400, 0, 0, 0]);
    assert_eq!(
        run.count("/connections/opened"),
        server.connections() as u64
    );
    assert!(server.connections() < 400, "{}", server.connections());
    assert_eq!(run.count("/connections/allowed_per_second"), 40);
}

#[test]
fn requests_that_had_to_wait_for_a_connection_are_not_blamed_on_the_target() {
    let server = Server::start(Answer {
        hold_until: usize::MAX,
        ..OK
    });
    let run = load(&server.url(), "-n 5 -c 5 --conn-rate 2 --timeout 500ms");
    assert_eq!(run.account(), [5, 0, 5, 0, 0]);
    assert_eq!(
        (run.count("/failures/timeout"), run.count("/failures/local")),
        (2, 3)
    );
    assert!(
        run.stdout
            .contains("--conn-rate allows 2 new ones per second"),
        "{}",
        run.stdout
    );
}

#[test]
fn the_summary_shows_which_pods_answered() {
    let server = Server::start(Answer {
        pods: &[(0, 1)],
        ..OK
    });
    let run = load(&server.url(), "--rate 100 --duration 100ms");
    assert_eq!(run.count("/pods/pod-0"), 10);
    assert!(run.stdout.contains("pod-0 10 (100%)"), "{}", run.stdout);
}

/// Two pods, four from the 60th request on, ten from the 120th on.
#[test]
fn new_pods_get_their_share_from_when_they_join() {
    const PODS: &[(usize, usize)] = &[(0, 2), (60, 4), (120, 10)];
    for flags in ["", "--keep-alive --conn-requests 5"] {
        let server = Server::start(Answer { pods: PODS, ..OK });
        let run = load(
            &server.url(),
            &format!("--rate 200 --duration 1600ms {flags}"),
        );
        assert_eq!(run.account(), [320, 320, 0, 0, 0]);
        let requests = server.requests();
        let mut last = BTreeMap::<_, usize>::new();
        for request in &requests[120..] {
            *last.entry(request.pod.unwrap()).or_default() += 1;
        }
        let fair = 200 / 10;
        assert!(
            last.len() == 10 && last.values().all(|answers| answers * 10 >= fair * 7),
            "{last:?}"
        );
        let told = run.report()["pods"].as_object().unwrap().clone();
        assert_eq!(told.len(), 10);
        let told: u64 = told.values().map(|answers| answers.as_u64().unwrap()).sum();
        assert_eq!(told, 320);
    }
}
