//! Counts and outcomes, compared with what the server saw.

use std::{
    io::{BufReader, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use super::{
    account, closed_port, report,
    server::{Answer, OK, Server, read_request},
    stderr, stdout, stress,
};

#[test]
fn the_server_sees_exactly_the_planned_requests_each_on_its_own_connection() {
    let server = Server::start(OK);
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "200",
        "--duration",
        "1s",
        "--json",
        "-",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(account(&report(&output)), [200, 200, 0, 0, 0]);
    assert_eq!(server.requests().len(), 200);
    assert_eq!(server.connections(), 200);
    assert_eq!(report(&output)["connections"]["opened"], 200);
}

#[test]
fn high_rates_lose_nothing_either() {
    let server = Server::start(OK);
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "3000",
        "--duration",
        "500ms",
        "--keep-alive",
        "--json",
        "-",
    ]);
    let [planned, ok, _, dropped, _] = account(&report(&output));
    assert_eq!((planned, dropped), (1500, 0));
    assert_eq!((server.requests().len(), ok), (1500, 1500));
}

/// A closed loop, or a pool of workers, would wait here for ever.
#[test]
fn arrivals_go_on_while_no_answer_has_come() {
    let server = Server::holding(OK, 100);
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "1s",
        "--json",
        "-",
    ]);
    assert_eq!(account(&report(&output)), [100, 100, 0, 0, 0]);
    // The first answer came after the 100th arrival was due, and the report does not hide it.
    let slowest = report(&output)["latency_from_due_ms"]["max"]
        .as_f64()
        .unwrap();
    assert!(slowest >= 989.0, "{slowest}");
}

#[test]
fn no_request_arrives_before_it_is_due() {
    let server = Server::start(OK);
    let before_start = Instant::now();
    stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "500ms",
    ]);
    let arrived = server.requests();
    assert_eq!(arrived.len(), 50);
    for (index, arrived) in (0..).zip(arrived) {
        assert!(
            arrived - before_start > Duration::from_millis(10) * index,
            "{index}"
        );
    }
}

#[test]
fn beyond_the_cap_requests_are_dropped_and_fail_the_run() {
    let server = Server::holding(OK, usize::MAX);
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "500",
        "--duration",
        "200ms",
        "--timeout",
        "3s",
        "--max-in-flight",
        "10",
        "--json",
        "-",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(account(&report(&output)), [100, 0, 10, 90, 0]);
    assert_eq!(report(&output)["failures"]["timeout"], 10);
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn a_404_is_a_failure() {
    let server = Server::start(Answer {
        status: "404 Not Found",
        ..OK
    });
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "200ms",
        "--json",
        "-",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    assert_eq!(account(&report), [20, 0, 20, 0, 0]);
    assert_eq!(report["failures"]["status_4xx"], 20);
    assert_eq!(
        report["failure_examples"]["status_4xx"],
        "HTTP 404 Not Found"
    );
}

#[test]
fn failures_within_the_allowed_share_pass() {
    let server = Server::start(Answer {
        status: "503 Service Unavailable",
        ..OK
    });
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "100ms",
        "--max-fail",
        "100%",
    ]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("status_5xx 10 (first: HTTP 503 Service Unavailable)"));
}

/// Serves the connection test and nothing else: the listener is gone when the load begins.
#[test]
fn a_refused_target_fails_the_run() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let one_connection = thread::spawn(move || drop(listener.accept().unwrap()));
    let output = stress(&[
        "--url",
        &url,
        "--rate",
        "100",
        "--duration",
        "500ms",
        "--json",
        "-",
    ]);
    one_connection.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    let [planned, ok, failed, ..] = account(&report);
    assert_eq!((planned, ok, failed), (50, 0, 50));
    assert!(
        report["failures"]["refused"].as_u64().unwrap() > 0,
        "{report}"
    );
}

#[test]
fn a_connection_cut_in_the_middle_of_a_response_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The connection test sends nothing.
            if read_request(&mut BufReader::new(&stream)).is_none() {
                continue;
            }
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
        }
    });
    let output = stress(&[
        "--url",
        &url,
        "--rate",
        "100",
        "--duration",
        "100ms",
        "--json",
        "-",
    ]);
    let report = report(&output);
    assert_eq!(account(&report), [10, 0, 10, 0, 0]);
    let failures = &report["failures"];
    let cut = failures["closed"].as_u64().unwrap() + failures["reset"].as_u64().unwrap();
    assert_eq!(cut, 10, "{report}");
}

#[test]
fn something_that_does_not_speak_http_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.write_all(b"220 mail.example ESMTP\r\n"));
            open.push(stream);
        }
    });
    let output = stress(&[
        "--url",
        &url,
        "--rate",
        "100",
        "--duration",
        "100ms",
        "--json",
        "-",
    ]);
    let report = report(&output);
    assert_eq!(account(&report), [10, 0, 10, 0, 0]);
    assert_eq!(report["failures"]["protocol"], 10, "{report}");
}

#[test]
fn a_target_that_never_accepts_is_never_ready() {
    let output = stress(&["--url", &closed_port(), "--wait-ready", "0s", "--json", "-"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(account(&report(&output)), [0; 5]);
    assert!(stdout(&output).contains("target never ready: connect to 127.0.0.1:"));
}

#[test]
fn a_name_without_an_address_is_never_ready_either() {
    let output = stress(&[
        "--url",
        "http://no-such-host.invalid/",
        "--wait-ready",
        "0s",
    ]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stdout(&output).contains("look up no-such-host.invalid: "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_name_is_resolved_and_an_address_that_is_not_served_is_passed_over() {
    let server = Server::start(OK);
    let url = format!("http://localhost:{}/", server.address.port());
    let output = stress(&[
        "--url",
        &url,
        "--rate",
        "100",
        "--duration",
        "200ms",
        "--json",
        "-",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn kept_connections_end_after_their_number_of_requests() {
    let server = Server::start(OK);
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "500ms",
        "--keep-alive",
        "--conn-requests",
        "10",
        "--conn-age",
        "10m",
        "--json",
        "-",
    ]);
    let report = report(&output);
    assert_eq!(account(&report), [50, 50, 0, 0, 0]);
    assert!(server.connections() >= 5);
    assert_eq!(report["connections"]["opened"], server.connections());
}

#[test]
fn a_kept_connection_that_the_server_closed_costs_a_retry_and_no_failure() {
    let server = Server::start(Answer {
        close_after: 3,
        ..OK
    });
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "500ms",
        "--keep-alive",
        "--json",
        "-",
    ]);
    assert_eq!(account(&report(&output)), [50, 50, 0, 0, 0]);
    assert_eq!(server.requests().len(), 50);
}

#[test]
fn the_summary_shows_which_pods_answered() {
    let server = Server::start(Answer {
        headers: "x-pod: workload-7d4b9\r\n",
        ..OK
    });
    let output = stress(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "100ms",
        "--json",
        "-",
    ]);
    assert_eq!(report(&output)["pods"]["workload-7d4b9"], 10);
    assert!(stdout(&output).contains("workload-7d4b9 10 (100%)"));
}

#[test]
fn every_second_has_its_line_and_the_counts_only_grow() {
    let server = Server::start(OK);
    let output = stress(&["--url", &server.url(), "--rate", "50", "--duration", "2s"]);
    let stdout = stdout(&output);
    let sent: Vec<u64> = stdout
        .lines()
        .filter(|line| line.starts_with("t="))
        .map(|line| {
            let value = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix("sent="));
            value.unwrap().parse().unwrap()
        })
        .collect();
    assert!(!sent.is_empty() && sent.is_sorted(), "{stdout}");
    assert!(sent.iter().all(|sent| *sent <= 100));
}
