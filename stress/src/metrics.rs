//! What Prometheus is told: the offered and the achieved load, to be shown beside what an
//! autoscaler saw of it.
//!
//! Made from the recorder when it is asked for, so that sending requests costs nothing more.

pub mod server;

use std::time::Duration;

use hdrhistogram::Histogram;
use prometheus::{
    Encoder as _, TextEncoder,
    proto::{Bucket, Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType},
};

use crate::recorder::{Counts, Recorder};

/// Prometheus 3 refuses a scrape without a content type it knows.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds in milliseconds.
const BUCKETS: [u32; 13] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/// The exposition, to be served as [`CONTENT_TYPE`]. `opened` connections until now.
pub fn render(recorder: &Recorder, opened: u64) -> prometheus::Result<Vec<u8>> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&families(recorder, opened), &mut text)?;
    Ok(text)
}

fn families(recorder: &Recorder, opened: u64) -> Vec<MetricFamily> {
    let Counts {
        planned,
        sent,
        ok,
        failed,
        dropped,
        late,
    } = recorder.counts();
    let outcomes = [("ok", ok), ("failed", failed), ("dropped", dropped)];
    let outcomes = outcomes.map(|(outcome, count)| counter(count, Some(("outcome", outcome))));
    let classes = recorder
        .failures()
        .map(|(class, count, _)| counter(count, Some(("class", class.name()))));
    let counters = [
        (
            "stress_requests_due_total",
            "Requests that came due: the offered load.",
            vec![counter(planned, None)],
        ),
        (
            "stress_requests_sent_total",
            "Requests begun: the achieved load.",
            vec![counter(sent, None)],
        ),
        (
            "stress_requests_total",
            "Requests by what became of them.",
            outcomes.to_vec(),
        ),
        (
            "stress_requests_failed_total",
            "Failed requests by class.",
            classes.collect(),
        ),
        (
            "stress_requests_late_total",
            "Requests sent more than 10 ms after they were due.",
            vec![counter(late, None)],
        ),
        (
            "stress_connections_opened_total",
            "Connections established for requests.",
            vec![counter(opened, None)],
        ),
    ];
    let counters = counters
        .into_iter()
        .map(|(name, help, metrics)| family(name, help, MetricType::COUNTER, metrics));
    counters.chain(others(recorder)).collect()
}

fn others(recorder: &Recorder) -> [MetricFamily; 2] {
    let latency = if recorder.from_due.is_empty() {
        &recorder.from_send
    } else {
        &recorder.from_due
    };
    [
        family(
            "stress_requests_in_flight",
            "Requests waiting for a response.",
            MetricType::GAUGE,
            vec![gauge(recorder.in_flight)],
        ),
        family(
            "stress_request_duration_seconds",
            "Latency from due time, or from sending in a closed loop.",
            MetricType::HISTOGRAM,
            vec![histogram(latency)],
        ),
    ]
}

fn family(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn counter(count: u64, label: Option<(&str, &str)>) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(as_f64(count));
    let labels = label.map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value.to_owned());
        pair
    });
    let mut metric = Metric::from_label(labels.into_iter().collect());
    metric.set_counter(counter);
    metric
}

fn gauge(value: u64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(as_f64(value));
    Metric::from_gauge(gauge)
}

fn histogram(micros: &Histogram<u64>) -> Metric {
    let mut below = 0;
    let mut from = 0;
    let buckets = BUCKETS.map(|millis| {
        let to = u64::from(millis) * 1000;
        below += micros.count_between(from, to);
        from = to + 1;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(Duration::from_micros(to).as_secs_f64());
        bucket.set_cumulative_count(below);
        bucket
    });
    let mut histogram = prometheus::proto::Histogram::default();
    histogram.set_bucket(buckets.to_vec());
    histogram.set_sample_count(micros.len());
    histogram.set_sample_sum(micros.mean() * as_f64(micros.len()) / 1e6);
    let mut metric = Metric::from_label(Vec::new());
    metric.set_histogram(histogram);
    metric
}

#[expect(clippy::cast_precision_loss, reason = "the exposition has no integers")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
