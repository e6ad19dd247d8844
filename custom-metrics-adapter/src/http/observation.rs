//! What is counted of each request.

use std::time::Instant;

use crate::metrics::Metrics;

/// Counts a request when it ends, however it ends.
pub(super) struct Observation<'a> {
    metrics: &'a Metrics,
    route: &'static str,
    started: Instant,
    pub(super) code: Option<u16>,
}

impl<'a> Observation<'a> {
    pub(super) fn start(metrics: &'a Metrics, route: &'static str) -> Self {
        metrics.requests_in_flight.inc();
        Self {
            metrics,
            route,
            started: Instant::now(),
            code: None,
        }
    }
}

impl Drop for Observation<'_> {
    fn drop(&mut self) {
        let code = self
            .code
            .map_or_else(|| "aborted".to_owned(), |code| code.to_string());
        let metrics = self.metrics;
        metrics.requests_in_flight.dec();
        metrics
            .requests
            .with_label_values(&[self.route, &code])
            .inc();
        metrics
            .request_seconds
            .with_label_values(&[self.route])
            .observe(self.started.elapsed().as_secs_f64());
    }
}
