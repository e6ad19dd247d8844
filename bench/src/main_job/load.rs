//! The load: the Job that users run, for a shorter time.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::kubectl::Kubectl;

const JOB: &str = "stress";
/// The duration in the Job as committed.
const DURATION: &str = "--duration=10m";

/// What is used of the last line of the generator's output.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct LoadReport {
    pub started_unix_seconds: f64,
    /// From the first due request to the end of arrivals.
    pub arrivals_seconds: f64,
    pub planned: u64,
    pub ok: u64,
}

impl LoadReport {
    pub fn ended(self) -> f64 {
        self.started_unix_seconds + self.arrivals_seconds
    }

    /// Failed, never sent, or given up: whatever was due and did not succeed.
    pub fn not_ok(self) -> u64 {
        self.planned.saturating_sub(self.ok)
    }
}

/// The Job with another duration.
pub fn manifest(file: &Path, duration: Duration) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    shortened(&text, duration).with_context(|| file.display().to_string())
}

fn shortened(text: &str, duration: Duration) -> Result<String> {
    ensure!(
        text.matches(DURATION).count() == 1,
        "expected one argument {DURATION}"
    );
    Ok(text.replace(DURATION, &format!("--duration={}s", duration.as_secs())))
}

/// Removes the Job of the last round with its pod.
pub fn clear(kubectl: &Kubectl) -> Result<()> {
    let delete = [
        "-n",
        "default",
        "delete",
        "job",
        JOB,
        "--ignore-not-found",
        "--cascade=foreground",
    ];
    kubectl.wait(&delete, Duration::from_mins(1))
}

pub fn start(kubectl: &Kubectl, manifest: &str) -> Result<()> {
    kubectl
        .run_with_input(&["create", "-f", "-"], manifest)
        .map(drop)
}

/// The arguments of a watch that prints `Complete` or `Failed` when the Job has ended.
pub const WATCH_END: [&str; 7] = [
    "-n",
    "default",
    "get",
    "job",
    JOB,
    "--watch",
    "-o=jsonpath={.status.conditions[*].type}{\"\\n\"}",
];

pub fn report(kubectl: &Kubectl) -> Result<LoadReport> {
    let log = kubectl.run(&["-n", "default", "logs", &format!("job/{JOB}"), "--tail=40"])?;
    last_line(&log)
}

fn last_line(log: &str) -> Result<LoadReport> {
    let line = log.lines().last().unwrap_or_default();
    serde_json::from_str(line)
        .with_context(|| format!("the generator did not end with its JSON report but with:\n{log}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_job_can_be_shortened() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../k8s/stress-test.yaml");
        let text = manifest(&file, Duration::from_mins(2)).expect("a Job");
        assert!(text.contains("- --duration=120s\n"));
    }

    #[test]
    fn a_job_without_its_duration_is_refused() {
        assert!(shortened("args: [--rate=100]", Duration::from_secs(1)).is_err());
    }

    #[test]
    fn everything_due_that_did_not_succeed_counts_as_failed() {
        let log = "t=1s rate=100.0/s\n{\"version\":1,\"started_unix_seconds\":1000.5,\"arrivals_seconds\":120.0,\
                   \"planned\":12000,\"ok\":11990,\"failed\":7,\"dropped\":2,\"unfinished\":1}\n";
        let report = last_line(log).expect("a report");
        assert_eq!((report.ended(), report.not_ok()), (1120.5, 10));
    }

    #[test]
    fn a_generator_that_died_is_quoted() {
        let error = format!(
            "{:#}",
            last_line("t=1s\nout of memory\n").expect_err("no JSON")
        );
        assert!(error.contains("out of memory"), "{error}");
    }
}
