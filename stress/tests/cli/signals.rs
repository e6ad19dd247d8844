//! Stopping in the middle: nothing is lost from the account.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use super::{
    Run, closed_port, finish, read_until,
    server::{Answer, OK, Server},
    start, words,
};

/// Starts a load that does not end by itself.
fn endless(url: &str, flags: &str) -> Child {
    let endless = words("--rate 100 --duration 10m --json -");
    start(&[&["--url", url], &endless[..], &words(flags)].concat())
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn end(child: Child) -> Run {
    Run::of(&child.wait_with_output().unwrap())
}

#[test]
fn sigterm_stops_the_load_and_reports_exactly_what_was_sent() {
    let server = Server::start(OK);
    let child = endless(&server.url(), "");
    server.wait_for_requests(20);
    send(&child, Signal::TERM);
    let run = end(child);
    assert_eq!(run.code, Some(143), "{}", run.stderr);
    let [planned, ok, ..] = run.account();
    assert!(planned >= 20 && planned == ok);
    assert_eq!(server.requests().len() as u64, planned);
    let words = "STOPPED (exit 143): stopped by SIGTERM; 0 of ";
    assert!(run.stdout.contains(words), "{}", run.stdout);
}

#[test]
fn sigterm_stops_a_closed_loop_as_well() {
    let server = Server::start(OK);
    let url = server.url();
    let child = start(&["--url", &url, "-c", "3", "--conn-rate", "50", "--json", "-"]);
    server.wait_for_requests(20);
    send(&child, Signal::TERM);
    let run = end(child);
    assert_eq!(run.code, Some(143), "{}", run.stderr);
    let [planned, ok, ..] = run.account();
    assert!(planned >= 20 && planned == ok);
    assert_eq!(server.requests().len() as u64, planned);
}

#[test]
fn answers_that_come_within_the_grace_are_still_counted() {
    // Answers only after the signal: the 30th request is the last one that is let in.
    let server = Server::start(Answer {
        hold_until: 30,
        ..OK
    });
    let child = endless(&server.url(), "--grace 10m");
    server.wait_for_requests(30);
    send(&child, Signal::INT);
    let run = end(child);
    assert_eq!(run.code, Some(130));
    let [planned, ok, ..] = run.account();
    assert!(planned >= 30 && planned == ok, "{}", run.stdout);
}

#[test]
fn a_second_signal_ends_the_wait_at_once_with_a_summary() {
    let server = Server::start(Answer {
        hold_until: usize::MAX,
        ..OK
    });
    let mut child = endless(&server.url(), "--timeout 10m --grace 10m");
    server.wait_for_requests(10);
    send(&child, Signal::TERM);
    // The arrivals have stopped and the wait has begun.
    let stdout = read_until(child.stdout.take().unwrap(), |line| {
        line.contains(" rate=0.0/s ")
    });
    send(&child, Signal::INT);
    let run = finish(child, stdout);
    assert_eq!(run.code, Some(143), "the first signal names the exit code");
    let [planned, _, _, _, unfinished] = run.account();
    assert!(planned >= 10 && unfinished == planned);
}

#[test]
fn a_signal_while_waiting_for_the_target_ends_it_without_load() {
    let mut child = endless(&closed_port(), "--wait-ready 1h");
    let stderr = read_until(child.stderr.take().unwrap(), |line| {
        line.starts_with("waiting up to 1h")
    });
    send(&child, Signal::INT);
    let stdout = child.stdout.take().unwrap();
    let run = finish(child, stdout);
    drop(stderr);
    assert_eq!((run.code, run.account()), (Some(130), [0; 5]));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_with_an_error() {
    let server = Server::start(OK);
    let mut child = endless(&server.url(), "");
    drop(read_until(child.stdout.take().unwrap(), |line| {
        line.starts_with("t=1s ")
    }));
    let run = finish(child, std::io::empty());
    assert_eq!(run.code, Some(4));
    let words = "error: cannot write standard output: ";
    assert!(run.stderr.contains(words), "{}", run.stderr);
}
