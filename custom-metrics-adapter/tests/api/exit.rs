//! The program itself: exit codes and what stands on stderr.

use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::harness::{World, vector, within};

fn program(args: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_custom-metrics-adapter"));
    command
        .args(&args[1..])
        .kill_on_drop(true)
        .stderr(Stdio::piped());
    command
}

pub(crate) async fn run(args: &[String]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = within("the program ends", program(args).output())
        .await
        .unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn a_busy_port_is_exit_1_with_the_address() {
    let world = World::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut args = world.args(&[]);
    args.retain(|arg| !arg.starts_with("--admin-address"));
    args.push(format!("--admin-address={address}"));
    let (code, stderr) = run(&args).await;
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(&format!("listen on {address}")), "{stderr}");
}

#[tokio::test]
async fn wrong_usage_is_exit_2() {
    let world = World::new().await;
    let (code, stderr) = run(&world.args(&["--no-such-flag"])).await;
    assert_eq!(code, Some(2), "{stderr}");
}

#[tokio::test]
async fn a_bad_rules_file_is_exit_2_and_names_file_and_key() {
    let world = World::new().await;
    world.write("rules.yaml", "rules:\n- seriesQueri: up\n");
    let (code, stderr) = run(&world.args(&[])).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("rules.yaml") && stderr.contains("seriesQueri"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_missing_certificate_is_exit_1_and_names_the_file() {
    let world = World::new().await;
    std::fs::remove_file(world.file("tls.crt")).unwrap();
    let (code, stderr) = run(&world.args(&[])).await;
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("tls.crt"), "{stderr}");
}

#[tokio::test]
async fn sigterm_is_exit_0() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    let mut child = program(&world.args(&[])).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while let Some(line) = within("a line of log", lines.next_line()).await.unwrap() {
        if line.contains("readiness gate `pods` open=true") {
            break;
        }
    }
    let id = child.id().unwrap().to_string();
    let kill = Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .await
        .unwrap();
    assert!(kill.success());
    let reader = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let status = within("the program ends", child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    reader.await.unwrap();
}
