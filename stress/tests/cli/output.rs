//! What a run tells while it lasts, and the files it leaves.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use super::{
    load, load_with,
    server::{Answer, OK, Server},
    start, stress,
};

/// The value of `key=` in each line of the live feedback.
fn values(stdout: &str, key: &str) -> Vec<String> {
    let prefix = format!("{key}=");
    stdout
        .lines()
        .filter(|line| line.starts_with("t="))
        .map(|line| {
            let mut words = line.split_whitespace();
            let value = words.find_map(|word| word.strip_prefix(prefix.as_str()));
            value.unwrap().to_owned()
        })
        .collect()
}

#[test]
fn every_second_has_its_line_and_the_counts_only_grow() {
    let server = Server::start(Answer {
        pods: &[(0, 2)],
        ..OK
    });
    let run = load(&server.url(), "--rate 50 --duration 2s");
    let sent: Vec<u64> = values(&run.stdout, "sent")
        .iter()
        .map(|sent| sent.parse().unwrap())
        .collect();
    assert!(!sent.is_empty() && sent.is_sorted(), "{}", run.stdout);
    assert!(sent.iter().all(|sent| *sent <= 100));
    assert_eq!(values(&run.stdout, "pods")[0], "2");
}

#[test]
fn the_rows_of_the_time_series_add_up_to_the_report() {
    let server = Server::start(OK);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.csv");
    let csv = path.to_str().unwrap();
    for flags in [
        &["--rate", "100", "--duration", "1300ms"][..],
        &["-n", "50", "-c", "3"],
    ] {
        let run = load_with(&server.url(), &[&["--csv", csv], flags].concat());
        let rows = fs::read_to_string(&path).unwrap();
        let mut rows = rows.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let header = rows.next().unwrap();
        let column = |name| header.iter().position(|column| *column == name).unwrap();
        let rows: Vec<_> = rows.collect();
        for (name, pointer) in [
            ("due", "/planned"),
            ("ok", "/ok"),
            ("connections", "/connections/opened"),
        ] {
            let counts = rows
                .iter()
                .map(|row| row[column(name)].parse::<u64>().unwrap());
            assert_eq!(counts.sum::<u64>(), run.count(pointer), "{name}: {rows:?}");
        }
    }
}

#[test]
fn a_panel_takes_the_place_of_the_lines_and_ends_in_the_same_summary() {
    let server = Server::start(OK);
    let flags = "--rate 50 --duration 2s --progress panel";
    let flags: Vec<_> = flags.split(' ').collect();
    let run = stress(&[&["--url", &server.url()], &flags[..]].concat());
    assert!(values(&run.stdout, "sent").is_empty());
    assert!(run.stdout.contains("latency  p50"), "{}", run.stdout);
    assert!(
        run.stdout.contains("planned 100 = ok 100"),
        "{}",
        run.stdout
    );
}

#[test]
fn metrics_tell_the_offered_and_the_achieved_load_while_it_runs() {
    let server = Server::start(OK);
    let url = server.url();
    let mut child = start(&[
        "--url",
        &url,
        "--duration",
        "10m",
        "--metrics-address",
        "127.0.0.1:0",
    ]);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line
        .trim()
        .strip_prefix("metrics at http://")
        .and_then(|rest| rest.strip_suffix("/metrics"))
        .unwrap_or_else(|| unreachable!("{line}"))
        .to_owned();
    server.wait_for_requests(20);
    let text = get(&address, "/metrics");
    let value = |name: &str| -> u64 {
        let sample = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} ")));
        sample
            .unwrap_or_else(|| unreachable!("no {name}: {text}"))
            .parse()
            .unwrap()
    };
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(
        text.contains("content-type: text/plain; version=0.0.4"),
        "{text}"
    );
    assert!(value("stress_requests_due_total") >= 20);
    assert!(value("stress_requests_sent_total") >= 20);
    assert_eq!(value("stress_requests_failed_total{class=\"refused\"}"), 0);
    let ok = value("stress_requests_total{outcome=\"ok\"}");
    assert_eq!(value("stress_request_duration_seconds_count"), ok);
    assert_eq!(
        value("stress_request_duration_seconds_bucket{le=\"+Inf\"}"),
        ok
    );
    assert!(get(&address, "/").starts_with("HTTP/1.1 404 "));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
