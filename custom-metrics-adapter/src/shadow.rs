//! `shadow`: our answers beside those of the adapter in charge.
//!
//! A composition root of its own, beside `runtime`: it wires the same engine that serves to the
//! autoscalers of a cluster, asks kube-apiserver for what the incumbent answers to them, and reports
//! what would change by switching. It owns no APIService and writes nothing.

mod incumbent;
mod ours;
mod pods;
mod report;
mod round;
mod summary;
mod text;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::resources::ResourceMap;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior};

use crate::args::ShadowArgs;
use crate::args::check::Output;
use crate::check::cluster::{Cluster, ReadError};
use crate::check::input::Rules;
use crate::check::{self, PATIENCE};

use ours::Ours;
use report::Report;
use round::Round;

/// Prints the report. Exit code 1 says that something would change, 2 that nothing could be compared.
///
/// # Errors
/// When the report cannot be written.
pub fn run(args: &ShadowArgs) -> anyhow::Result<ExitCode> {
    check::finish(check::block_on(watch(args)), |report| {
        let text = match args.output {
            Output::Text => text::render(report),
            Output::Json => serde_json::to_string_pretty(report)? + "\n",
        };
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(report.exit_code())
    })
}

async fn watch(args: &ShadowArgs) -> anyhow::Result<Report> {
    // Names every bad rule at once, as `check` does.
    Rules::read(&args.config)?;
    let mut report = Report::new(args.config.display().to_string());
    let cluster = Cluster::connect(args.kubeconfig.as_deref(), Some(args.qps)).await?;
    let kinds = match cluster.kinds().await {
        Ok(kinds) => kinds,
        Err(error) => {
            report.problem(format!("the kinds of the cluster: {error:#}"));
            ResourceMap::builtin()
        }
    };
    let backend = check::prometheus(&args.prometheus_url, &args.access).await?;
    let asked = backend.instant("vector(1)", PATIENCE).await;
    asked.map_err(|error| anyhow::anyhow!("--prometheus-url: {error}"))?;
    let ours = Ours::new(&args.config, kinds.clone(), backend)?;
    let round = Round {
        cluster: &cluster,
        ours: &ours,
        kinds: &kinds,
        custom: preferred_version(&cluster).await,
        tolerance: args.tolerance,
        retry_after: args.retry_after,
    };
    let until = Instant::now()
        + if args.once {
            Duration::ZERO
        } else {
            args.duration
        };
    let mut ticks = tokio::time::interval(args.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // What was seen until now is worth reporting.
            _ = tokio::signal::ctrl_c() => break,
        }
        ours.relist().await?;
        match round.run(args.namespace.as_deref(), &args.selector).await {
            Ok(outcome) => {
                anyhow::ensure!(
                    report.rounds > 0 || !outcome.seen.is_empty() || !outcome.problems.is_empty(),
                    "no HorizontalPodAutoscaler to compare for: see --namespace and --selector"
                );
                outcome
                    .problems
                    .into_iter()
                    .for_each(|problem| report.problem(problem));
                let summary = report.add(outcome.seen);
                progress(report.rounds, &text::line(&summary))?;
            }
            Err(error) if report.rounds == 0 => return Err(error),
            // Later on, a hiccup of kube-apiserver does not end an hour of watching.
            Err(error) => report.problem(format!("{error:#}")),
        }
        if Instant::now() + args.interval > until {
            break;
        }
    }
    Ok(report)
}

/// The version that kube-controller-manager asks for.
async fn preferred_version(cluster: &Cluster) -> GroupVersion {
    let group: Result<Value, ReadError> = cluster.get("/apis/custom.metrics.k8s.io").await;
    let group = group.unwrap_or_default();
    let version = group
        .pointer("/preferredVersion/version")
        .and_then(Value::as_str);
    let version = version.and_then(|version| GroupVersion::parse("custom.metrics.k8s.io", version));
    version.unwrap_or(GroupVersion::CustomV1Beta1)
}

fn progress(round: u64, line: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "round {round}: {line}")
}
