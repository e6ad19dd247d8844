//! The binary against a real server: what a user and a Job see.

#![expect(clippy::unwrap_used, reason = "test harness")]

mod bad_input;
mod report;
mod server;
mod signals;
mod traffic;

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stress"));
    command.args(args).stdin(Stdio::null());
    command
}

fn stress(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The JSON report in the last line of stdout.
fn report(output: &Output) -> Value {
    let stdout = stdout(output);
    serde_json::from_str(stdout.lines().last().unwrap()).unwrap()
}

/// An address at which nothing listens.
fn closed_port() -> String {
    // Port 1 and not one that was just free: that one another test may be given meanwhile.
    "http://127.0.0.1:1/".to_owned()
}

/// The account of the report, checked to add up.
fn account(report: &Value) -> [u64; 5] {
    let account = ["planned", "ok", "failed", "dropped", "unfinished"]
        .map(|key| report[key].as_u64().unwrap());
    let [planned, rest @ ..] = account;
    assert_eq!(planned, rest.iter().sum::<u64>(), "{report}");
    account
}
