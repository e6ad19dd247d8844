//! Stopping in the middle: nothing is lost from the account.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    account, closed_port, command, report,
    server::{OK, Server},
    stderr, stdout,
};

fn start(args: &[&str]) -> Child {
    command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Reads lines until one matches. The pipe stays open in the returned reader.
fn read_until<R: Read>(pipe: R, matches: impl Fn(&str) -> bool) -> BufReader<R> {
    let mut reader = BufReader::new(pipe);
    loop {
        let mut line = String::new();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the output ended");
        if matches(&line) {
            return reader;
        }
    }
}

fn finish(mut child: Child, mut rest_of_stdout: impl Read) -> Output {
    let mut stdout = Vec::new();
    rest_of_stdout.read_to_end(&mut stdout).unwrap();
    let mut stderr = Vec::new();
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_end(&mut stderr).unwrap();
    }
    let status = child.wait().unwrap();
    Output {
        status,
        stdout,
        stderr,
    }
}

#[test]
fn sigterm_stops_the_load_and_reports_exactly_what_was_sent() {
    let server = Server::start(OK);
    let child = start(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "10m",
        "--json",
        "-",
    ]);
    server.wait_for_requests(20);
    send(&child, Signal::TERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{}", stderr(&output));
    let [planned, ok, ..] = account(&report(&output));
    assert!(planned >= 20 && planned == ok);
    assert_eq!(server.requests().len() as u64, planned);
    assert!(stdout(&output).contains("STOPPED (exit 143): stopped by SIGTERM; 0 of "));
}

#[test]
fn answers_that_come_within_the_grace_are_still_counted() {
    // Answers only after the signal: the 30th request is the last one that is let in.
    let server = Server::holding(OK, 30);
    let child = start(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "10m",
        "--grace",
        "10m",
        "--json",
        "-",
    ]);
    server.wait_for_requests(30);
    send(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let [planned, ok, ..] = account(&report(&output));
    assert!(planned >= 30 && planned == ok, "{}", stdout(&output));
}

#[test]
fn a_second_signal_ends_the_wait_at_once_with_a_summary() {
    let server = Server::holding(OK, usize::MAX);
    let mut child = start(&[
        "--url",
        &server.url(),
        "--rate",
        "100",
        "--duration",
        "10m",
        "--timeout",
        "10m",
        "--grace",
        "10m",
        "--json",
        "-",
    ]);
    server.wait_for_requests(10);
    send(&child, Signal::TERM);
    // The arrivals have stopped and the wait has begun.
    let stdout = read_until(child.stdout.take().unwrap(), |line| {
        line.contains(" rate=0.0/s ")
    });
    send(&child, Signal::INT);
    let output = finish(child, stdout);
    assert_eq!(
        output.status.code(),
        Some(143),
        "the first signal names the exit code"
    );
    let [planned, _, _, _, unfinished] = account(&report(&output));
    assert!(planned >= 10 && unfinished == planned);
}

#[test]
fn a_signal_while_waiting_for_the_target_ends_it_without_load() {
    let mut child = start(&["--url", &closed_port(), "--wait-ready", "1h", "--json", "-"]);
    let stderr = read_until(child.stderr.take().unwrap(), |line| {
        line.starts_with("waiting up to 1h")
    });
    send(&child, Signal::INT);
    let stdout = child.stdout.take().unwrap();
    let output = finish(child, stdout);
    drop(stderr);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(account(&report(&output)), [0; 5]);
}

#[test]
fn a_reader_that_goes_away_ends_the_run_with_an_error() {
    let server = Server::start(OK);
    let mut child = start(&["--url", &server.url(), "--rate", "100", "--duration", "10m"]);
    drop(read_until(child.stdout.take().unwrap(), |line| {
        line.starts_with("t=1s ")
    }));
    let output = finish(child, std::io::empty());
    assert_eq!(output.status.code(), Some(4));
    assert!(
        stderr(&output).contains("error: cannot write standard output: "),
        "{}",
        stderr(&output)
    );
}
