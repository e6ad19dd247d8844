//! One clear error and exit 2, before any load.

use super::{
    server::{OK, Server},
    stderr, stdout, stress,
};

fn is_refused(args: &[&str], words: &str) {
    let output = stress(args);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
    assert!(text.contains(words), "{args:?}: {text}");
    assert!(output.stdout.is_empty(), "{args:?}");
}

#[test]
fn a_bad_value_is_named_with_what_would_be_right_and_nothing_is_sent() {
    let server = Server::start(OK);
    for (flag, value, words) in [
        (
            "--rate",
            "0",
            "must be between 0.001 and 1000000 requests per second",
        ),
        (
            "--rate",
            "-5",
            "must be between 0.001 and 1000000 requests per second",
        ),
        ("--rate", "fast", "invalid value 'fast' for '--rate <RATE>'"),
        ("--duration", "0s", "must be between 1ms and 30days"),
        ("--duration", "60", "write a number and a unit"),
        ("--timeout", "1h", "must be between 1ms and 10m"),
        ("--wait-ready", "later", "for '--wait-ready <TIME>'"),
        ("--grace", "soon", "write a number and a unit"),
        ("--max-fail", "1", "write a percentage from 0% to 100%"),
        ("--max-fail", "101%", "write a percentage from 0% to 100%"),
        ("--max-in-flight", "0", "0 is not in 1..=1000000"),
        ("--conn-requests", "5", "--keep-alive"),
        ("--conn-age", "5s", "--keep-alive"),
        ("--workers", "5", "unexpected argument '--workers'"),
        (
            "--json",
            "/no/such/folder/report.json",
            "--json /no/such/folder/report.json: No such file",
        ),
    ] {
        is_refused(&["--url", &server.url(), flag, value], words);
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_bad_url_is_refused_with_an_example_of_a_good_one() {
    is_refused(&[], "--url <URL>");
    for (url, words) in [
        ("workload:8080", "write http://HOST[:PORT][/PATH]"),
        (
            "https://workload/",
            "https is not supported yet: use http://",
        ),
        (
            "ftp://workload/",
            "scheme `ftp` is not supported: use http://",
        ),
        (
            "http://me:secret@workload/",
            "leave out the user and password",
        ),
    ] {
        is_refused(&["--url", url], words);
    }
}

#[test]
fn help_and_version_are_successes_on_stdout() {
    for flag in ["--help", "--version"] {
        let output = stress(&[flag]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("stress"), "{flag}");
    }
}
