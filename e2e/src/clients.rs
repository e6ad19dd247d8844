//! Kubernetes' own Go clients of the metrics APIs: the program of `clients/`.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::scripts::root;

/// The releases whose libraries read our answers.
pub const VERSIONS: [&str; 2] = ["1.34", "1.36"];

/// Compiling client-go on a slow machine; what is built is kept.
const BUILD_BOUND: Duration = Duration::from_mins(15);
const RUN_BOUND: Duration = Duration::from_mins(2);

/// One call of one client. What is empty is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// `custom`, `external`, `pods` or `nodes`.
    pub api: String,
    pub namespace: String,
    /// Of the described object, as `Queue.shop.example.com`.
    pub kind: String,
    pub name: String,
    pub metric: String,
    pub selector: String,
    #[serde(rename = "metricSelector")]
    pub metric_selector: String,
}

/// What a client read: object, labels or container → quantity.
#[derive(Debug, Deserialize)]
pub struct Reading {
    pub question: Question,
    /// `application/json` or protobuf's.
    pub encoding: String,
    pub values: BTreeMap<String, String>,
}

/// What discovery said by one of its protocols.
#[derive(Debug, Deserialize)]
pub struct Catalog {
    pub legacy: bool,
    /// Group version of a metrics API → `name kind scope verbs` of each resource.
    pub resources: BTreeMap<String, Vec<String>>,
    /// What a word means to kubectl: `pods` → `/v1, Kind=Pod`.
    pub kinds: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub struct Report {
    pub readings: Vec<Reading>,
    pub discovery: Vec<Catalog>,
}

/// Builds the program with one release's libraries, if that was not done before.
pub async fn build(version: &str) -> Result<String> {
    let building = Command::new(root().join("e2e/clients/build.sh"))
        .arg(version)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let built = timeout(BUILD_BOUND, building)
        .await
        .with_context(|| format!("e2e/clients/build.sh {version} did not end"))??;
    ensure!(
        built.status.success(),
        "e2e/clients/build.sh {version} ended with {}",
        built.status
    );
    Ok(String::from_utf8(built.stdout)?.trim().to_owned())
}

/// Asks all questions with one release's clients, in every encoding.
pub async fn ask(version: &str, questions: &[Question]) -> Result<Report> {
    let program = build(version).await?;
    let mut child = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {program}"))?;
    let mut stdin = child.stdin.take().context("standard input is piped")?;
    stdin.write_all(&serde_json::to_vec(questions)?).await?;
    drop(stdin);
    let output = timeout(RUN_BOUND, child.wait_with_output())
        .await
        .with_context(|| format!("the clients of {version} did not end within {RUN_BOUND:?}"))??;
    ensure!(
        output.status.success(),
        "the clients of Kubernetes {version}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("what the clients of {version} report"))
}
