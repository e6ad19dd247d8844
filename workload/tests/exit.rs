//! How the process ends when it cannot begin.

#![expect(clippy::unwrap_used, reason = "test code")]

mod common;

use std::net::TcpListener;

use common::command;

fn outcome(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = command(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), told)
}

#[test]
fn a_busy_port_is_exit_1_and_named() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let (code, told) = outcome(&["--listen", &address], &[]);
    assert_eq!(code, Some(1));
    let told = told.replace(&address, "[address]");
    insta::assert_snapshot!(told, @"error: cannot listen on [address]: Address already in use (os error 98)");
}

#[test]
fn the_listen_address_may_come_from_the_environment() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let (code, told) = outcome(&[], &[("WORKLOAD_LISTEN", &address)]);
    assert_eq!(code, Some(1));
    assert!(told.contains(&address), "{told}");
}

#[test]
fn a_wrong_flag_is_exit_2_and_named() {
    let (code, told) = outcome(&["--drain", "five"], &[]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(told, @r"
    error: invalid value 'five' for '--drain <DURATION>': expected number at 0

    For more information, try '--help'.
    ");
}

#[test]
fn a_wrong_log_filter_is_exit_1_and_named() {
    let (code, told) = outcome(&[], &[("RUST_LOG", "workload=loud")]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told, @r#"error: environment variable RUST_LOG: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5"#);
}
