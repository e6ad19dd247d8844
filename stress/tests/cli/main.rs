//! The binary against a real server: what a user and a Job see.

#![expect(clippy::unwrap_used, reason = "test harness")]

mod bad_input;
mod closed_loop;
mod connections;
mod output;
mod report;
mod requests;
mod secure;
mod secure_server;
mod server;
mod signals;
mod traffic;

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Output, Stdio},
    str,
};

use serde_json::Value;

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stress"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs `stress` to its end.
fn stress(args: &[&str]) -> Run {
    Run::of(&command(args).output().unwrap())
}

/// Puts `url` under load, with flags parted by spaces, and asks for the report on stdout.
fn load(url: &str, flags: &str) -> Run {
    load_with(url, &words(flags))
}

/// The same for flags that have spaces in them.
fn load_with(url: &str, flags: &[&str]) -> Run {
    stress(&[&["--url", url, "--json", "-"], flags].concat())
}

fn words(flags: &str) -> Vec<&str> {
    flags.split_whitespace().collect()
}

/// Starts `stress`, to be watched or disturbed while it runs.
fn start(args: &[&str]) -> Child {
    command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
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

/// Waits for the end of a run whose stdout was partly read.
fn finish(mut child: Child, mut rest_of_stdout: impl Read) -> Run {
    let mut stdout = Vec::new();
    rest_of_stdout.read_to_end(&mut stdout).unwrap();
    let mut stderr = Vec::new();
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_end(&mut stderr).unwrap();
    }
    let status = child.wait().unwrap();
    Run::of(&Output {
        status,
        stdout,
        stderr,
    })
}

/// What a run left behind.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| str::from_utf8(bytes).unwrap().to_owned();
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The JSON report in the last line of stdout.
    fn report(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| unreachable!("no report: {}", self.stderr))
    }

    /// Planned, ok, failed, dropped and unfinished, checked to add up.
    fn account(&self) -> [u64; 5] {
        let report = self.report();
        let account = ["planned", "ok", "failed", "dropped", "unfinished"]
            .map(|key| report[key].as_u64().unwrap());
        let [planned, rest @ ..] = account;
        assert_eq!(planned, rest.iter().sum::<u64>(), "{report}");
        account
    }

    /// A count of the report, such as `/failures/refused`.
    fn count(&self, pointer: &str) -> u64 {
        let report = self.report();
        let count = report.pointer(pointer).and_then(Value::as_u64);
        count.unwrap_or_else(|| unreachable!("no {pointer}: {report}"))
    }
}

/// An address at which nothing listens.
fn closed_port() -> String {
    // Port 1 and not one that was just free: that one another test may be given meanwhile.
    "http://127.0.0.1:1/".to_owned()
}
