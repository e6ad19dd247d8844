//! `check`: what a configuration means, before it is used.
//!
//! A composition root of its own, beside `runtime`: it wires the Prometheus client and the cluster
//! to the reading of rules and autoscalers in the core, and prints what comes out.

pub(crate) mod cluster;
mod found;
mod hpas;
pub(crate) mod input;
mod probe;
mod reader;
pub(crate) mod report;
pub(crate) mod scaled;
mod served;
mod text;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use custom_metrics_core::lint::{self, Subject};
use custom_metrics_core::resources::ResourceMap;

use crate::args::CheckArgs;
use crate::args::check::Output;
use crate::metrics::Metrics;
use crate::ports::Backend;
use crate::prometheus::client::Client as Prometheus;

use cluster::Cluster;
use hpas::Autoscaler;
use input::{Rules, Written};
use probe::Probe;
use report::{Report, RuleView};

/// Where neither Prometheus nor the command line tells.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(15);
/// For one query or one read.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Prints the report. Exit code 1 says that something was found, 2 that nothing could be examined.
///
/// # Errors
/// When the report cannot be written.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    finish(block_on(examine(args)), |report| {
        let text = match args.output {
            Output::Text => text::render(report, args.output.coloured()),
            Output::Json => serde_json::to_string_pretty(report)? + "\n",
        };
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(report.exit_code())
    })
}

/// What could not be examined, one problem a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct Unusable(pub(crate) Vec<String>);

/// Runs `work` on a runtime of its own.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    // A second run in one process (tests) finds the provider installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.context("start the async runtime")?.block_on(work)
}

/// Reports what there is, or says on stderr why there is nothing: exit code 2.
pub(crate) fn finish<T>(
    outcome: anyhow::Result<T>,
    report: impl FnOnce(&T) -> anyhow::Result<u8>,
) -> anyhow::Result<ExitCode> {
    match outcome {
        Ok(outcome) => Ok(ExitCode::from(report(&outcome)?)),
        Err(error) => {
            let mut stderr = std::io::stderr().lock();
            for line in format!("{error:#}").lines() {
                writeln!(stderr, "error: {line}")?;
            }
            Ok(ExitCode::from(2))
        }
    }
}

/// A client for `--prometheus-url` with its credentials.
pub(crate) async fn prometheus(
    url: &reqwest::Url,
    access: &crate::args::PrometheusAccess,
) -> anyhow::Result<Arc<dyn Backend>> {
    let client = Prometheus::new(url, access, Arc::new(Metrics::new()));
    Ok(Arc::new(client.await?))
}

async fn examine(args: &CheckArgs) -> anyhow::Result<Report> {
    let rules = Rules::read(&args.config)?;
    let manifests = input::manifests(&args.against)?;
    let mut report = Report::new(args.config.display().to_string());
    if let Some(file) = &args.policies {
        report.findings.extend(input::policies(file, &args.config)?);
    }
    let mut kinds = ResourceMap::builtin();
    let mut autoscalers: Vec<Autoscaler> = vec![];
    for manifest in manifests {
        match manifest {
            Ok(hpa) => autoscalers.push(Autoscaler { hpa, scaled: None }),
            Err(error) => report.findings.push(hpas::unusable(&error)),
        }
    }
    if args.cluster {
        let cluster = Cluster::connect(args.kubeconfig.as_deref(), None).await?;
        match cluster.kinds().await {
            Ok(known) => kinds = known,
            Err(error) => report
                .problems
                .push(format!("the kinds of the cluster: {error:#}")),
        }
        let found = hpas::of_cluster(&cluster, &kinds).await?;
        autoscalers.extend(found.autoscalers);
        report.findings.extend(found.findings);
        report.problems.extend(found.problems);
    }
    let backend = match &args.prometheus_url {
        Some(url) => Some(prometheus(url, &args.access).await?),
        None => None,
    };
    let probe = Probe::new(&rules, backend, &kinds);
    let seen = probe.look(args.scrape_interval).await?;
    for section in [&rules.custom, &rules.external] {
        let subjects: Vec<Subject<'_>> = section
            .iter()
            .map(|written| subject(written, &kinds, &seen))
            .collect();
        report.rules.extend(subjects.iter().map(RuleView::new));
        report.findings.extend(subjects.iter().flat_map(lint::rule));
        report.findings.extend(lint::overlaps(&subjects));
    }
    if let Some(usage) = &rules.resource {
        report.rules.extend(RuleView::usage(usage, &kinds));
        report.findings.extend(lint::usage(usage, &kinds));
    }
    if probe.asks() {
        let (served, findings) = probe.served(&seen).await;
        report.served = Some(served);
        report.findings.extend(findings);
    }
    if args.cluster || !args.against.is_empty() {
        let (views, findings) = hpas::check(&autoscalers, &probe, &seen).await;
        report.hpas = Some(views);
        report.findings.extend(findings);
    }
    Ok(report.finished())
}

fn subject<'a>(written: &'a Written, kinds: &'a ResourceMap, seen: &'a probe::Seen) -> Subject<'a> {
    let known = seen.of(&written.rule);
    Subject {
        rule: &written.rule,
        raw: &written.raw,
        resources: kinds,
        scrape_interval: known
            .and_then(|known| known.interval)
            .unwrap_or(seen.interval),
        series: known.and_then(|known| known.series.as_deref().ok()),
    }
}
