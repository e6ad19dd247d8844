//! The result of a run as data: one value that the text and the JSON are both made from.

pub mod json;
pub mod text;

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{
    http::{ConnectionTotals, pool::Reuse},
    load::Load,
    profile::Rate,
    recorder::{Counts, Recorder},
    verdict::{Totals, Verdict},
};

/// Rises when a field changes its meaning or goes away; new fields do not raise it.
const VERSION: u32 = 1;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Plan {
    pub url: String,
    pub method: String,
    pub load: Load,
    pub reuse: Reuse,
    /// New connections allowed in any second.
    pub conn_rate: u32,
}

/// When the load ran.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Wall clock of the first due time, as time since 1970.
    pub started: Duration,
    /// From the first due time to the end of arrivals.
    pub arrivals: Duration,
}

/// The JSON report; `report.schema.json` describes each field.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub version: u32,
    pub url: String,
    pub method: String,
    pub protocol: Option<String>,
    pub keep_alive: bool,
    pub load: String,
    pub rate: Option<f64>,
    pub workers: Option<u32>,
    pub duration_seconds: Option<f64>,
    pub max_in_flight: u64,
    pub started_unix_seconds: f64,
    pub arrivals_seconds: f64,
    pub rate_sent: f64,
    pub planned: u64,
    pub sent: u64,
    pub ok: u64,
    pub failed: u64,
    pub dropped: u64,
    pub unfinished: u64,
    pub late: u64,
    pub dropped_by: DroppedBy,
    pub failures: BTreeMap<&'static str, u64>,
    pub failure_examples: BTreeMap<&'static str, String>,
    pub latency_from_due_ms: Option<Quantiles>,
    pub latency_from_send_ms: Option<Quantiles>,
    pub lateness_ms: Option<Quantiles>,
    pub generator_late: bool,
    pub pods: BTreeMap<String, u64>,
    pub other_pods: u64,
    pub connections: Connections,
    pub verdict: VerdictReport,
}

/// Due requests that were not sent, by reason.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DroppedBy {
    pub in_flight_cap: u64,
    pub generator_stalled: u64,
}

/// A histogram in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantiles {
    pub min: f64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// See [`ConnectionTotals`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Connections {
    pub allowed_per_second: Option<u32>,
    pub opened: u64,
    pub waited: u64,
    pub retried: u64,
    pub second_address: u64,
    pub failed_lookups: u64,
}

/// See [`Verdict`].
#[derive(Clone, Debug, Serialize)]
pub struct VerdictReport {
    pub passed: bool,
    pub exit_code: u8,
    pub reason: String,
}

impl Report {
    pub fn new(
        plan: &Plan,
        times: Times,
        recorder: &Recorder,
        connections: ConnectionTotals,
        verdict: Verdict,
    ) -> Self {
        let Totals {
            planned,
            ok,
            failed,
            dropped,
            unfinished,
        } = recorder.totals();
        let Counts { sent, late, .. } = recorder.counts();
        Self {
            version: VERSION,
            url: plan.url.clone(),
            method: plan.method.clone(),
            protocol: connections.protocol.map(|protocol| protocol.to_string()),
            keep_alive: plan.reuse == Reuse::Always,
            load: plan.load.to_string(),
            rate: plan.load.peak_rate().map(Rate::per_second),
            workers: plan.load.workers(),
            duration_seconds: plan.load.duration().map(|duration| duration.as_secs_f64()),
            max_in_flight: plan.load.max_in_flight(),
            started_unix_seconds: times.started.as_secs_f64(),
            arrivals_seconds: times.arrivals.as_secs_f64(),
            rate_sent: per_second(sent, times.arrivals),
            planned,
            sent,
            ok,
            failed,
            dropped,
            unfinished,
            late,
            dropped_by: DroppedBy {
                in_flight_cap: recorder.dropped_at_cap,
                generator_stalled: recorder.dropped_stalled,
            },
            failures: recorder
                .failures()
                .map(|(class, count, _)| (class.name(), count))
                .collect(),
            failure_examples: recorder
                .failures()
                .filter_map(|(class, _, example)| Some((class.name(), example?.to_owned())))
                .collect(),
            latency_from_due_ms: Quantiles::of(&recorder.from_due),
            latency_from_send_ms: Quantiles::of(&recorder.from_send),
            lateness_ms: Quantiles::of(&recorder.lateness),
            generator_late: recorder.generator_is_late(),
            pods: recorder
                .pods
                .totals()
                .map(|(pod, answers)| (pod.to_owned(), answers))
                .collect(),
            other_pods: recorder.pods.others(),
            connections: Connections::new(plan, connections),
            verdict: verdict.into(),
        }
    }
}

impl Connections {
    fn new(plan: &Plan, totals: ConnectionTotals) -> Self {
        Self {
            allowed_per_second: (plan.reuse != Reuse::Never).then_some(plan.conn_rate),
            opened: totals.opened,
            waited: totals.waited,
            retried: totals.retried,
            second_address: totals.second_address,
            failed_lookups: totals.failed_lookups,
        }
    }
}

impl From<Verdict> for VerdictReport {
    fn from(verdict: Verdict) -> Self {
        Self {
            passed: verdict.passed(),
            exit_code: verdict.exit_code,
            reason: verdict.reason,
        }
    }
}

impl Quantiles {
    /// `None` for a histogram without values: there is no latency, not one of zero.
    fn of(micros: &Histogram<u64>) -> Option<Self> {
        let quantile = |q| millis(micros.value_at_quantile(q).min(micros.max()));
        (!micros.is_empty()).then(|| Self {
            min: millis(micros.min()),
            mean: (micros.mean()).round() / 1000.0,
            p50: quantile(0.50),
            p90: quantile(0.90),
            p99: quantile(0.99),
            p999: quantile(0.999),
            max: millis(micros.max()),
        })
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bounded by the histogram, far below 2^52"
)]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() {
        0.0
    } else {
        count as f64 / elapsed.as_secs_f64()
    }
}
