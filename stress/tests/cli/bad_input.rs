//! One clear error and exit 2, before any load.

use super::{
    server::{OK, Server},
    stress,
};

fn is_refused(args: &[&str], words: &str) {
    let run = stress(args);
    assert_eq!(run.code, Some(2), "{args:?}: {}", run.stderr);
    assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
    assert!(run.stdout.is_empty(), "{args:?}");
}

const RATES: &str = "must be between 0.001 and 1000000 requests per second";
const PERCENTAGE: &str = "write a percentage from 0% to 100%";
const UNIT: &str = "write a number and a unit";

/// A flag, a bad value, and words of the error.
const BAD_VALUES: &[(&str, &str, &str)] = &[
    ("--rate", "0", RATES),
    ("--rate", "-5", RATES),
    ("--rate", "fast", "invalid value 'fast' for '--rate <RATE>'"),
    (
        "--profile",
        "10rps for",
        "`10rps for`: write a time above zero",
    ),
    (
        "--profile",
        "10rps then 20rps",
        "write `RATE for TIME` or `ramp",
    ),
    ("--profile", "0 for 5s", "has no moment with a rate above 0"),
    ("--duration", "0s", "must be between 1ms and 30days"),
    ("--duration", "60", UNIT),
    ("--concurrency", "0", "0 is not in 1..=10000"),
    ("--concurrency", "10001", "10001 is not in 1..=10000"),
    ("--requests", "5", "--concurrency <N>"),
    ("--timeout", "1h", "must be between 1ms and 10m"),
    ("--wait-ready", "later", "for '--wait-ready <TIME>'"),
    ("--grace", "soon", UNIT),
    ("--max-fail", "1", PERCENTAGE),
    ("--max-fail", "101%", PERCENTAGE),
    ("--max-p99", "50", UNIT),
    ("--max-in-flight", "0", "0 is not in 1..=1000000"),
    ("--conn-requests", "0", "for '--conn-requests <N>'"),
    ("--conn-rate", "0", "0 is not in 1..=100000"),
    ("--method", "A B", "write a method"),
    ("--header", "secret", "write `NAME: VALUE`"),
    ("--header", "host: a b", "--header: invalid"),
    ("--data", "@/no/such/file", "No such file"),
    ("--http", "3", "[possible values: auto, 1.1, 2]"),
    ("--ca-file", "/no/such/file", "No such file"),
    ("--ca-file", "/dev/null", "holds no PEM certificate"),
    (
        "--metrics-address",
        "9090",
        "for '--metrics-address <IP:PORT>'",
    ),
    (
        "--metrics-address",
        "192.0.2.1:9090",
        "--metrics-address 192.0.2.1:9090: Cannot assign",
    ),
    ("--workers", "5", "unexpected argument '--workers'"),
    (
        "--json",
        "/no/such/folder/a.json",
        "--json /no/such/folder/a.json: No such file",
    ),
    (
        "--csv",
        "/no/such/folder/a.csv",
        "--csv /no/such/folder/a.csv: No such file",
    ),
];

#[test]
fn a_bad_value_is_named_with_what_would_be_right_and_nothing_is_sent() {
    let server = Server::start(OK);
    for (flag, value, words) in BAD_VALUES {
        is_refused(&["--url", &server.url(), flag, value], words);
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_bad_url_is_refused_with_an_example_of_a_good_one() {
    is_refused(&[], "--url <URL>");
    for (url, words) in [
        ("workload:8080", "write http[s]://HOST[:PORT][/PATH]"),
        (
            "ftp://workload/",
            "scheme `ftp` is not supported: use http:// or https://",
        ),
        (
            "http://me:secret@workload/",
            "leave out the user and password",
        ),
        ("https://a_b%/", "write http[s]://HOST"),
    ] {
        is_refused(&["--url", url], words);
    }
}

#[test]
fn more_workers_than_the_system_has_files_for_are_refused() {
    // Only the shell can lower the limit for a process that it then becomes.
    let script = r#"ulimit -n 100; exec "$0" --url http://127.0.0.1:1/ -c 500"#;
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_stress")])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let words = "--concurrency 500: this process may open 36 connections (ulimit -n)";
    assert!(error.contains(words), "{error}");
}

#[test]
fn help_and_version_are_successes_on_stdout() {
    for flag in ["--help", "--version"] {
        let run = stress(&[flag]);
        assert_eq!(run.code, Some(0));
        assert!(run.stdout.contains("stress"), "{flag}");
    }
}
