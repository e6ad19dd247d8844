//! `compat`: ours and prometheus-adapter before the same scripted Prometheus and the same cluster,
//! every answer compared.

pub mod adapter;
pub mod answer;
pub mod case;
pub mod client;
pub mod cluster;
pub mod compare;
pub mod faults;
pub mod findings;
pub mod judge;
pub mod measures;
pub mod prometheus;
pub mod reviewed;
#[cfg(test)]
mod samples;
pub mod serving;
pub mod visit;

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    task::JoinSet,
};

use self::{
    adapter::Programs,
    client::Client,
    judge::{Judged, Visited},
    prometheus::Prometheus,
};
use crate::{kubectl::Kubectl, progress::Progress};

/// Cases at a time; each is two adapters, and the rival's start costs a second of CPU.
const TOGETHER: usize = 3;
/// A quick run takes each so many cases.
const QUICK_STEP: usize = 4;

/// What the bench is given: a cluster and both programs.
#[derive(Clone, Debug)]
pub struct Compat {
    pub root: PathBuf,
    pub kubectl: Kubectl,
    pub kubeconfig: PathBuf,
    /// Holds the front proxy's client certificate of the cluster.
    pub pki: PathBuf,
    pub ours: PathBuf,
    pub rival: PathBuf,
    pub quick: bool,
    /// Only cases whose name holds this.
    pub only: Option<String>,
    /// The cluster ends with the run, and the objects with it.
    pub leave_objects: bool,
}

impl Compat {
    /// Everything, from the objects in the cluster to the judgement.
    pub async fn run(&self, progress: &Progress) -> Result<Judged> {
        let data = self.root.join("bench/compat");
        let mut cases = case::read_all(&data)?;
        let whole = cases.len();
        if self.quick {
            cases = cases.into_iter().step_by(QUICK_STEP).collect();
        }
        if let Some(only) = &self.only {
            cases.retain(|case| case.name.contains(only.as_str()));
        }
        ensure!(!cases.is_empty(), "no case has such a name");
        let complete = cases.len() == whole;
        let reviewed = reviewed::read(&self.root)?;
        progress.say("making the objects in the cluster");
        cluster::create(&self.kubectl, &data)?;
        let visited = tokio::select! {
            visited = self.visit_all(cases, progress) => visited,
            signal = interrupted() => Err(signal),
        };
        if !self.leave_objects {
            progress.say("taking the objects away");
            cluster::remove(&self.kubectl, &data)?;
        }
        Ok(judge::judge(visited?, &reviewed, complete))
    }

    async fn visit_all(&self, cases: Vec<case::Case>, progress: &Progress) -> Result<Vec<Visited>> {
        let work = tempfile::tempdir().context("making a folder for logs")?;
        let certificate = serving::make(work.path())?;
        let client = Client::new(&self.pki, certificate)?;
        let programs = Arc::new(Programs {
            ours: self.ours.clone(),
            rival: self.rival.clone(),
            kubeconfig: self.kubeconfig.clone(),
            certificate: work.path().join(serving::CERTIFICATE),
            key: work.path().join(serving::KEY),
            logs: work.path().to_owned(),
        });
        let scripts = cases
            .iter()
            .map(|case| (case.name.clone(), case.script.clone()))
            .collect();
        let prometheus = Prometheus::start(scripts).await?;
        let total = cases.len();
        let (turns, mut tasks) = (Arc::new(Semaphore::new(TOGETHER)), JoinSet::new());
        for case in cases {
            let (turns, programs) = (Arc::clone(&turns), Arc::clone(&programs));
            let (client, prometheus) = (client.clone(), prometheus.clone());
            tasks.spawn(async move {
                let _turn = turns.acquire_owned().await?;
                visit::visit(&programs, &client, &prometheus, case).await
            });
        }
        let mut visited: Vec<Visited> = Vec::new();
        while let Some(task) = tasks.join_next().await {
            let one = task.context("a case panicked")??;
            progress.say(format!(
                "case {} of {total}: {}, {} requests",
                visited.len() + 1,
                one.case,
                one.pairs.len()
            ));
            visited.push(one);
        }
        visited.sort_by(|a, b| a.case.cmp(&b.case));
        Ok(visited)
    }
}

/// The adapters end with the run, however it ends.
async fn interrupted() -> anyhow::Error {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    anyhow::anyhow!("interrupted")
}
