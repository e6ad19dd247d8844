//! The open loop: counts and outcomes, compared with what the server saw.

use std::{
    io::{BufReader, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use super::{
    closed_port, finish, load, load_with, read_until,
    server::{Answer, OK, Server, read_request},
    start,
};

#[test]
fn the_server_sees_exactly_the_planned_requests_each_on_its_own_connection() {
    let server = Server::start(OK);
    let run = load(&server.url(), "--rate 200 --duration 1s");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.account(), [200, 200, 0, 0, 0]);
    assert_eq!(server.requests().len(), 200);
    assert_eq!(server.connections(), 200);
    assert_eq!(run.count("/connections/opened"), 200);
}

#[test]
fn a_profile_sends_the_area_under_its_rates() {
    let server = Server::start(OK);
    let profile = "20rps for 500ms, ramp to 100 over 1s, 0 for 300ms, 40 for 500ms";
    let run = load_with(&server.url(), &["--profile", profile]);
    assert_eq!(run.account(), [90, 90, 0, 0, 0]);
    assert_eq!(server.requests().len(), 90);
    let asked = "20/s for 500ms, ramp to 100/s over 1s, 0/s for 300ms, 40/s for 500ms";
    assert_eq!(run.report()["load"], asked);
}

#[test]
fn high_rates_lose_nothing_either() {
    let server = Server::start(OK);
    let run = load(&server.url(), "--rate 3000 --duration 500ms --keep-alive");
    let [planned, ok, _, dropped, _] = run.account();
    assert_eq!((planned, dropped), (1500, 0));
    assert_eq!((server.requests().len(), ok), (1500, 1500));
}

/// A closed loop, or a pool of workers, would wait here for ever.
#[test]
fn arrivals_go_on_while_no_answer_has_come() {
    let server = Server::start(Answer {
        hold_until: 100,
        ..OK
    });
    let run = load(&server.url(), "--rate 100 --duration 1s");
    assert_eq!(run.account(), [100, 100, 0, 0, 0]);
    // The first answer came after the 100th arrival was due, and the report does not hide it.
    let slowest = &run.report()["latency_from_due_ms"]["max"];
    assert!(slowest.as_f64().unwrap() >= 989.0, "{slowest}");
}

#[test]
fn no_request_arrives_before_it_is_due() {
    let server = Server::start(OK);
    let before_start = Instant::now();
    load(&server.url(), "--rate 100 --duration 500ms");
    let arrived = server.requests();
    assert_eq!(arrived.len(), 50);
    for (index, arrived) in (0..).zip(arrived) {
        let due = Duration::from_millis(10) * index;
        assert!(arrived.at - before_start > due, "{index}");
    }
}

#[test]
fn beyond_the_cap_requests_are_dropped_and_fail_the_run() {
    let server = Server::start(Answer {
        hold_until: usize::MAX,
        ..OK
    });
    let flags = "--rate 500 --duration 200ms --timeout 3s --max-in-flight 10";
    let run = load(&server.url(), flags);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.account(), [100, 0, 10, 90, 0]);
    assert_eq!(run.count("/failures/timeout"), 10);
    assert_eq!(run.count("/dropped_by/in_flight_cap"), 90);
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn a_404_is_a_failure() {
    let server = Server::start(Answer {
        status: "404 Not Found",
        ..OK
    });
    let run = load(&server.url(), "--rate 100 --duration 200ms");
    assert_eq!(run.code, Some(1));
    assert_eq!(run.account(), [20, 0, 20, 0, 0]);
    assert_eq!(run.count("/failures/status_4xx"), 20);
    let example = &run.report()["failure_examples"]["status_4xx"];
    assert_eq!(example, "HTTP 404 Not Found");
}

#[test]
fn failures_within_the_allowed_share_pass() {
    let server = Server::start(Answer {
        status: "503 Service Unavailable",
        ..OK
    });
    let run = load(&server.url(), "--rate 100 --duration 100ms --max-fail 100%");
    assert_eq!(run.code, Some(0));
    let line = "status_5xx 10 (first: HTTP 503 Service Unavailable)";
    assert!(run.stdout.contains(line), "{}", run.stdout);
}

#[test]
fn a_target_slower_than_allowed_fails_the_run_though_every_answer_is_good() {
    let server = Server::start(Answer {
        hold_until: 20,
        ..OK
    });
    let run = load(&server.url(), "--rate 100 --duration 200ms --max-p99 50ms");
    assert_eq!((run.code, run.account()), (Some(1), [20, 20, 0, 0, 0]));
    assert!(run.stdout.contains("50ms allowed"), "{}", run.stdout);
    let run = load(&server.url(), "--rate 100 --duration 200ms --max-p99 10m");
    assert_eq!(run.code, Some(0));
}

/// Serves the connection test and nothing else: the listener is gone when the load begins.
#[test]
fn a_refused_target_fails_the_run() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let one_connection = thread::spawn(move || drop(listener.accept().unwrap()));
    let run = load(&url, "--rate 100 --duration 500ms");
    one_connection.join().unwrap();
    assert_eq!(run.code, Some(1));
    let [planned, ok, failed, ..] = run.account();
    assert_eq!((planned, ok, failed), (50, 0, 50));
    assert!(run.count("/failures/refused") > 0, "{}", run.stdout);
}

/// The middle of the load finds nobody at the address; the load goes on as planned, each refused
/// request costs one attempt, and when the target is back so are its answers.
#[test]
fn a_target_that_goes_away_and_comes_back_loses_only_what_was_due_meanwhile() {
    // An address of its own: nobody else is given the port while it is closed.
    let first = TcpListener::bind("127.0.8.12:0").unwrap();
    let address = first.local_addr().unwrap();
    let url = format!("http://{address}/");
    let flags = ["--rate", "100", "--duration", "4s", "--json", "-"];
    let mut child = start(&[&["--url", &url], &flags[..]].concat());
    let answered = answer_some(&first, 50);
    drop(first);
    let stdout = read_until(child.stdout.take().unwrap(), |line| {
        line.starts_with("t=") && !line.contains(" failed=0 ")
    });
    let back = Server::on(TcpListener::bind(address).unwrap(), OK);
    let run = finish(child, stdout);
    let [planned, ok, failed, dropped, unfinished] = run.account();
    assert_eq!((planned, dropped, unfinished), (400, 0, 0));
    assert_eq!(ok, answered + back.requests().len() as u64);
    assert!(failed > 0 && back.requests().len() > 1, "{}", run.stdout);
    let gone = run.count("/failures/refused") + run.count("/failures/reset");
    assert_eq!(gone + run.count("/failures/closed"), failed);
    assert_eq!(run.count("/connections/retried"), 0);
}

/// Answers this many requests, each on its own connection.
fn answer_some(listener: &TcpListener, count: u64) -> u64 {
    let mut answered = 0;
    while answered < count {
        let (mut stream, _) = listener.accept().unwrap();
        // The connection test sends nothing.
        if read_request(&mut BufReader::new(&stream)).is_some() {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .unwrap();
            answered += 1;
        }
    }
    answered
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
    let run = load(&url, "--rate 100 --duration 100ms");
    assert_eq!(run.account(), [10, 0, 10, 0, 0]);
    let cut = run.count("/failures/closed") + run.count("/failures/reset");
    assert_eq!(cut, 10, "{}", run.stdout);
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
    let run = load(&url, "--rate 100 --duration 100ms");
    assert_eq!(run.account(), [10, 0, 10, 0, 0]);
    assert_eq!(run.count("/failures/protocol"), 10, "{}", run.stdout);
}

#[test]
fn a_target_that_never_accepts_is_never_ready() {
    let run = load(&closed_port(), "--wait-ready 0s");
    assert_eq!((run.code, run.account()), (Some(3), [0; 5]));
    let words = "target never ready: connect to 127.0.0.1:";
    assert!(run.stdout.contains(words), "{}", run.stdout);
}

#[test]
fn a_name_without_an_address_is_never_ready_either() {
    let run = load("http://no-such-host.invalid/", "--wait-ready 0s");
    assert_eq!(run.code, Some(3));
    let words = "look up no-such-host.invalid: ";
    assert!(run.stdout.contains(words), "{}", run.stdout);
}

#[test]
fn a_name_is_resolved_and_an_address_that_is_not_served_is_passed_over() {
    let server = Server::start(OK);
    let url = format!("http://localhost:{}/", server.address.port());
    let run = load(&url, "--rate 100 --duration 200ms");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(server.requests().len(), 20);
}
