//! The scripts a user types, run from the root of the repository.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::cluster::Cluster;

/// Twice what any script may take on a slow machine; a bound, not a promise.
const BOUND: Duration = Duration::from_secs(400);

/// How a script ended.
#[derive(Debug)]
pub struct Finished {
    /// `None`: ended by a signal.
    pub code: Option<i32>,
    /// Standard output and error, line by line as they came.
    pub output: String,
}

impl Finished {
    pub fn says(&self, words: &str) -> bool {
        self.output.contains(words)
    }
}

/// Root of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs `./SCRIPT` against the cluster under test, shows its output as it comes, and keeps it.
pub async fn run(cluster: &Cluster, script: &str, arguments: &[&str]) -> Result<Finished> {
    let mut child = Command::new(root().join(script))
        .args(["--target", &cluster.target, "--context", &cluster.context])
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start ./{script}"))?;
    let kept = Arc::new(Mutex::new(String::new()));
    let out = child.stdout.take().context("standard output is piped")?;
    let err = child.stderr.take().context("standard error is piped")?;
    let ending = async {
        let (out, err, status) = tokio::join!(
            show(script, out, &kept),
            show(script, err, &kept),
            child.wait()
        );
        out.and(err)?;
        anyhow::Ok(status?)
    };
    let status = timeout(BOUND, ending)
        .await
        .with_context(|| format!("./{script} did not end within {BOUND:?}"))??;
    let output = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Finished {
        code: status.code(),
        output,
    })
}

/// `./deploy.sh` with the shortened way down, which must succeed.
pub async fn deploy(cluster: &Cluster) -> Result<Finished> {
    let finished = run(cluster, "deploy.sh", &["--component", "demo"]).await?;
    ensure!(
        finished.code == Some(0),
        "./deploy.sh ended with {:?}, not 0",
        finished.code
    );
    Ok(finished)
}

/// `./destroy.sh`, however it ends.
pub async fn destroy(cluster: &Cluster) -> Result<Finished> {
    run(cluster, "destroy.sh", &["--yes"]).await
}

#[expect(clippy::print_stderr, reason = "a test shows what its scripts say")]
async fn show(script: &str, from: impl AsyncRead + Unpin, kept: &Mutex<String>) -> Result<()> {
    let mut lines = BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await? {
        eprintln!("{script} | {line}");
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_str(&line);
        kept.push('\n');
    }
    Ok(())
}
