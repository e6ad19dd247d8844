//! The kubectl a user types, and what it says on both of its outputs.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::cluster::Cluster;
use crate::scripts::root;

/// More than the longest wait that these tests hand to kubectl itself.
const BOUND: Duration = Duration::from_mins(6);

/// How a command ended.
#[derive(Debug)]
pub struct Said {
    pub command: String,
    /// `None`: ended by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// What it printed, if it succeeded.
    pub fn ok(self) -> Result<String> {
        ensure!(
            self.code == Some(0),
            "{} ended with {:?}: {}{}",
            self.command,
            self.code,
            self.stderr,
            self.stdout
        );
        Ok(self.stdout)
    }

    /// What it printed, if it succeeded without a word of complaint: discovery that fails is a warning, not an error.
    pub fn clean(self) -> Result<String> {
        ensure!(
            self.stderr.is_empty(),
            "{} complains: {}",
            self.command,
            self.stderr
        );
        self.ok()
    }
}

/// Runs kubectl against the cluster under test.
pub async fn run(cluster: &Cluster, arguments: &[&str]) -> Result<Said> {
    with_input(cluster, arguments, "").await
}

/// `kubectl apply --server-side -f -`.
pub async fn apply(cluster: &Cluster, manifest: &str) -> Result<()> {
    let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    with_input(cluster, &arguments, manifest).await?.ok()?;
    Ok(())
}

/// A program of the cluster under test: the lab brings its own kubectl.
fn program(cluster: &Cluster) -> Command {
    if let Some(lab) = lab(cluster) {
        let mut command = Command::new(root().join("lab/lab"));
        command.env("LAB_NAME", lab).arg("kubectl");
        return command;
    }
    let mut command = Command::new("kubectl");
    command.args(["--context", &cluster.context]);
    command
}

/// The name of the lab under test, if it is one.
pub fn lab(cluster: &Cluster) -> Option<&str> {
    cluster
        .context
        .strip_prefix("lab-")
        .filter(|_| cluster.target == "lab")
}

async fn with_input(cluster: &Cluster, arguments: &[&str], input: &str) -> Result<Said> {
    let command = format!("kubectl {}", arguments.join(" "));
    let mut child = program(cluster)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {command}"))?;
    let mut stdin = child.stdin.take().context("standard input is piped")?;
    let input = input.to_owned();
    // Beside the reading, because a large manifest does not fit into a pipe.
    let feeding = tokio::spawn(async move { stdin.write_all(input.as_bytes()).await });
    let output = timeout(BOUND, child.wait_with_output())
        .await
        .with_context(|| format!("{command} did not end within {BOUND:?}"))??;
    // A command that reads no input has closed the pipe by now.
    feeding.await?.ok();
    Ok(Said {
        command,
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
