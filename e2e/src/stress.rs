//! Load, as a user starts it: the Job of `k8s/stress-test.yaml`, with other arguments.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams, LogParams, PostParams, PropagationPolicy};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::names::APP_NAMESPACE;
use crate::scripts;
use crate::wait::{self, SOON};

/// One run of the load generator.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Of the Job. One of this name that is there is replaced.
    pub job: &'static str,
    /// Requests per second.
    pub rate: u32,
    pub seconds: u32,
}

impl Load {
    /// Starts the Job and returns once its pod runs.
    pub async fn start(self, cluster: &Cluster) -> Result<()> {
        self.remove(cluster).await?;
        let jobs: Api<Job> = cluster.namespaced(APP_NAMESPACE);
        jobs.create(&PostParams::default(), &self.manifest()?)
            .await?;
        let what = format!("job {} to send requests", self.job);
        wait::watch(&jobs, self.job, &what, SOON, |job| {
            let status = job.and_then(|job| job.status).unwrap_or_default();
            ensure!(status.failed.unwrap_or(0) == 0, "its pod failed");
            ensure!(status.ready.unwrap_or(0) == 1, "its pod is not ready yet");
            Ok(())
        })
        .await
    }

    /// How the run stands, by the last of the lines it writes every second.
    pub async fn progress(self, cluster: &Cluster) -> Result<Progress> {
        let log = self.log(cluster).await?;
        let line = log.lines().rfind(|line| line.starts_with("t="));
        let line = line.with_context(|| format!("job {} tells nothing yet", self.job))?;
        Progress::from_line(line).with_context(|| format!("job {} says {line:?}", self.job))
    }

    /// Waits until the Job is Complete and reads the JSON it ends its log with.
    pub async fn report(self, cluster: &Cluster) -> Result<Report> {
        let jobs: Api<Job> = cluster.namespaced(APP_NAMESPACE);
        let bound = Duration::from_secs(u64::from(self.seconds) + 90);
        let outcome = wait::watch(
            &jobs,
            self.job,
            &format!("the end of job {}", self.job),
            bound,
            |job| {
                let status = job.and_then(|job| job.status).context("the job is gone")?;
                let ended = status.conditions.iter().flatten().find(|is| {
                    is.status == "True" && ["Complete", "Failed"].contains(&is.type_.as_str())
                });
                Ok(ended.context("it is still running")?.type_.clone())
            },
        )
        .await?;
        let log = self.log(cluster).await?;
        ensure!(
            outcome == "Complete",
            "job {} is {outcome}; the end of its log:\n{}",
            self.job,
            tail(&log, 15)
        );
        Report::from_log(&log).with_context(|| format!("job {}", self.job))
    }

    /// Ends the Job and its pod; harmless where there is none.
    pub async fn remove(self, cluster: &Cluster) -> Result<()> {
        let jobs: Api<Job> = cluster.namespaced(APP_NAMESPACE);
        let foreground = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Foreground),
            ..DeleteParams::default()
        };
        match jobs.delete(self.job, &foreground).await {
            Ok(_) => wait::gone(&jobs, self.job, SOON).await,
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(failure) => Err(failure).with_context(|| format!("delete job {}", self.job)),
        }
    }

    async fn log(self, cluster: &Cluster) -> Result<String> {
        let pods: Api<Pod> = cluster.namespaced(APP_NAMESPACE);
        let mine =
            ListParams::default().labels(&format!("batch.kubernetes.io/job-name={}", self.job));
        let pod = pods
            .list(&mine)
            .await?
            .items
            .pop()
            .with_context(|| format!("job {} has no pod", self.job))?;
        Ok(pods.logs(&pod.name_any(), &LogParams::default()).await?)
    }

    fn manifest(self) -> Result<Job> {
        let file = scripts::root().join("k8s/stress-test.yaml");
        let text = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        let mut job: Job =
            serde_saphyr::from_str(&text).with_context(|| format!("parse {}", file.display()))?;
        job.metadata.name = Some(self.job.to_owned());
        let container = job
            .spec
            .as_mut()
            .and_then(|spec| spec.template.spec.as_mut())
            .and_then(|pod| pod.containers.first_mut())
            .context("the Job has a container")?;
        let arguments = container.args.get_or_insert_default();
        set(arguments, "--rate", &self.rate.to_string())?;
        set(arguments, "--duration", &format!("{}s", self.seconds))?;
        Ok(job)
    }
}

/// Gives an argument of the manifest another value; one that is not there is a changed manifest, not a default.
fn set(arguments: &mut [String], flag: &str, value: &str) -> Result<()> {
    let prefix = format!("{flag}=");
    let Some(argument) = arguments
        .iter_mut()
        .find(|argument| argument.starts_with(&prefix))
    else {
        bail!("k8s/stress-test.yaml has no argument {flag}=...");
    };
    *argument = format!("{prefix}{value}");
    Ok(())
}

fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Counts since the run began.
#[derive(Debug, PartialEq, Eq)]
pub struct Progress {
    pub sent: u64,
    pub ok: u64,
    pub failed: u64,
    pub dropped: u64,
    pub in_flight: u64,
}

impl Progress {
    fn from_line(line: &str) -> Result<Self> {
        let count = |key: &str| -> Result<u64> {
            let mut words = line
                .split_whitespace()
                .filter_map(|word| word.split_once('='));
            let (_, value) = words
                .find(|(name, _)| *name == key)
                .with_context(|| format!("no {key}"))?;
            value.parse().with_context(|| format!("{key} is no count"))
        };
        Ok(Self {
            sent: count("sent")?,
            ok: count("ok")?,
            failed: count("failed")?,
            dropped: count("dropped")?,
            in_flight: count("inflight")?,
        })
    }
}

/// What the load generator says of its run.
#[derive(Debug)]
pub struct Report {
    json: Value,
}

impl Report {
    fn from_log(log: &str) -> Result<Self> {
        let last = log
            .lines()
            .next_back()
            .ok_or_else(|| anyhow!("the log is empty"))?;
        let json = serde_json::from_str(last)
            .with_context(|| format!("the last line of the log is no JSON: {last}"))?;
        Ok(Self { json })
    }

    /// A count of the report. A count that is not there is an error, never 0.
    pub fn count(&self, key: &str) -> Result<u64> {
        self.json[key]
            .as_u64()
            .with_context(|| format!("the report has no count {key:?}: {}", self.json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_is_the_users_own_with_other_numbers() {
        let job = Load {
            job: "e2e",
            rate: 7,
            seconds: 9,
        }
        .manifest()
        .unwrap();
        let spec = job.spec.unwrap().template.spec.unwrap();
        let arguments = spec.containers[0].args.clone().unwrap();
        assert!(arguments.contains(&"--rate=7".to_owned()), "{arguments:?}");
        assert!(
            arguments.contains(&"--duration=9s".to_owned()),
            "{arguments:?}"
        );
        assert!(arguments.contains(&"--json=-".to_owned()), "{arguments:?}");
    }

    #[test]
    fn a_line_of_progress_is_read_by_its_keys() {
        let line = "t=12s rate=100.0/s sent=1200 ok=1195 failed=2 dropped=0 late=0 inflight=3 p50=1.2ms p99=8.4ms";
        let progress = Progress::from_line(line).unwrap();
        assert_eq!(
            (progress.sent, progress.ok, progress.failed),
            (1200, 1195, 2)
        );
        assert_eq!((progress.dropped, progress.in_flight), (0, 3));
        assert!(Progress::from_line("t=12s sent=1200").is_err());
    }

    #[test]
    fn a_count_that_is_missing_is_not_zero() {
        let report = Report::from_log("t=1s\n{\"failed\":0}\n").unwrap();
        assert_eq!(report.count("failed").unwrap(), 0);
        assert!(report.count("dropped").is_err());
    }
}
