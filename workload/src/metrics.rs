//! What Prometheus is told. The exposition format is known here and nowhere else.

pub mod middleware;
pub mod openmetrics;

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus::core::Collector as _;
use prometheus::proto::MetricFamily;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use crate::endpoint::Endpoint;

/// Prometheus 3 refuses a scrape without a content type it knows.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// In seconds. Around 5 s they are close, because that is what `/load` takes when all is well.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 5.25, 10.0, 60.0,
];

/// Every metric of the process, in a registry of its own.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    burners: IntGauge,
    in_flight: IntGauge,
    cells: Vec<Cells>,
}

/// The series of one endpoint that nearly every request touches, looked up once.
#[derive(Debug)]
struct Cells {
    endpoint: Endpoint,
    usual_code: &'static str,
    usual: IntCounter,
    duration: Histogram,
}

impl Metrics {
    /// Registers everything, each series at 0.
    pub fn new() -> prometheus::Result<Self> {
        let requests = IntCounterVec::new(
            Opts::new(
                "http_requests_total",
                "Requests answered, without probes and scrapes; code 499 is a client gone before its answer.",
            ),
            &["method", "code", "path"],
        )?;
        let duration = HistogramVec::new(
            HistogramOpts::new(
                "http_request_duration_seconds",
                "Time from a request's arrival to its answer, or to the client's departure.",
            )
            .buckets(BUCKETS.to_vec()),
            &["path"],
        )?;
        let burners = IntGauge::new(
            "workload_burners",
            "Threads that burn CPU for /load at this moment.",
        )?;
        let in_flight = IntGauge::new(
            "http_requests_in_flight",
            "Requests that have arrived and are not answered yet, without probes and scrapes.",
        )?;

        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        registry.register(Box::new(burners.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;

        let cells = Endpoint::COUNTED
            .into_iter()
            .map(|endpoint| Cells::new(endpoint, &requests, &duration))
            .collect();
        Ok(Self {
            registry,
            requests,
            burners,
            in_flight,
            cells,
        })
    }

    /// The gauge that whoever burns keeps up to date.
    pub fn burners(&self) -> IntGauge {
        self.burners.clone()
    }

    /// A request has arrived, and [`Metrics::observe`] will follow.
    pub fn arrived(&self, endpoint: Endpoint) {
        if Endpoint::COUNTED.contains(&endpoint) {
            self.in_flight.inc();
        }
    }

    /// Counts one finished request, unless it was a probe or a scrape.
    pub fn observe(&self, endpoint: Endpoint, method: &Method, code: StatusCode, took: Duration) {
        let Some(cells) = self.cells.iter().find(|cells| cells.endpoint == endpoint) else {
            return;
        };
        self.in_flight.dec();
        cells.duration.observe(took.as_secs_f64());
        if method == Method::GET && code.as_str() == cells.usual_code {
            cells.usual.inc();
        } else {
            let labels = [method_label(method), code.as_str(), endpoint.template()];
            self.requests.with_label_values(&labels).inc();
        }
    }

    /// The exposition, to be served as [`CONTENT_TYPE`].
    pub fn render(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Every request counted so far. When a pod ends it logs this number: what Prometheus last
    /// scraped is less by the requests since.
    pub fn counted(&self) -> u64 {
        let families = self.requests.collect();
        let metrics = families.iter().flat_map(MetricFamily::get_metric);
        let sum: f64 = metrics.map(|metric| metric.get_counter().get_value()).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a sum of counters: whole, not negative, below 2^53"
        )]
        let whole = sum as u64;
        whole
    }
}

impl Cells {
    fn new(endpoint: Endpoint, requests: &IntCounterVec, duration: &HistogramVec) -> Self {
        let series = |code| requests.with_label_values(&["GET", code, endpoint.template()]);
        // A series exists from its first mention on, and `rate()` does not see the value it
        // starts with as an increase: so all start at 0, before any request.
        for code in endpoint.other_codes() {
            series(code);
        }
        let usual_code = endpoint.usual_code();
        Self {
            endpoint,
            usual_code,
            usual: series(usual_code),
            duration: duration.with_label_values(&[endpoint.template()]),
        }
    }
}

/// Clients may invent methods, so only those that are served keep their name.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        _ => "OTHER",
    }
}
