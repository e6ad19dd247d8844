//! The adapter's own metrics, in a registry of their own.
//!
//! Label values come from closed sets or from the rules file, never from a request.

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

/// Reads from memory take microseconds, reads that ask Prometheus up to the answer budget.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Handles of every family, registered once.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// API requests by `route` and `code`; `code` is `aborted` where the client went away.
    pub requests: IntCounterVec,
    /// API request duration by `route`, in seconds.
    pub request_seconds: HistogramVec,
    /// API requests being answered.
    pub requests_in_flight: IntGauge,
    /// Open API connections.
    pub connections: IntGauge,
    /// Prometheus requests by `endpoint` and `outcome`, in seconds.
    pub query_seconds: HistogramVec,
    /// Unix time of the last good answer by `rule`.
    pub rule_last_success: GaugeVec,
    /// Access reviews sent, by `outcome`.
    pub access_reviews: IntCounterVec,
    /// Objects held in memory, by watch.
    pub watched_objects: IntGaugeVec,
    /// Kinds that the cluster has.
    pub kinds: IntGauge,
    /// Readings of the cluster's kinds, by `outcome`.
    pub kind_reads: IntCounterVec,
    /// 1 for each `override` that names no resource of the cluster.
    pub unresolved_overrides: IntGaugeVec,
    /// Unix time at which the serving certificate ends.
    pub certificate_not_after: IntGauge,
}

impl Metrics {
    #[expect(
        clippy::expect_used,
        reason = "names and labels are constants; a test builds them all"
    )]
    pub fn new() -> Self {
        Self::build().expect("every family has a valid name of its own")
    }

    fn build() -> prometheus::Result<Self> {
        let registry = Registry::new_custom(Some("custom_metrics_adapter".to_owned()), None)?;
        let new = Families(&registry);
        let build_info = Opts::new("build_info", "Always 1; the version is in the label.")
            .const_label("version", env!("CARGO_PKG_VERSION"));
        new.add(Gauge::with_opts(build_info)?)?.set(1.0);
        Ok(Self {
            requests: new.counters(
                "requests_total",
                "API requests by route and status code.",
                &["route", "code"],
            )?,
            request_seconds: new.histograms(
                "request_duration_seconds",
                "Time to answer an API request, by route.",
                &["route"],
            )?,
            requests_in_flight: new.gauge("requests_in_flight", "API requests being answered.")?,
            connections: new.gauge("connections", "Open API connections.")?,
            query_seconds: new.histograms(
                "prometheus_request_duration_seconds",
                "Time of a request to Prometheus, by endpoint and outcome.",
                &["endpoint", "outcome"],
            )?,
            rule_last_success: new.add(GaugeVec::new(
                Opts::new(
                    "rule_last_success_timestamp_seconds",
                    "Unix time at which Prometheus last answered for a rule.",
                ),
                &["rule"],
            )?)?,
            access_reviews: new.counters(
                "access_reviews_total",
                "SubjectAccessReviews sent, by outcome.",
                &["outcome"],
            )?,
            watched_objects: new.gauges(
                "watched_objects",
                "Objects whose names and labels are held in memory, by watch.",
                "watch",
            )?,
            kinds: new.gauge(
                "kinds",
                "Kinds that the cluster has; 0 until they were read once.",
            )?,
            kind_reads: new.counters(
                "kind_reads_total",
                "Readings of the cluster's kinds, by outcome.",
                &["outcome"],
            )?,
            unresolved_overrides: new.gauges(
                "unresolved_overrides",
                "1 for each override of a rule that names no resource of the cluster.",
                "override",
            )?,
            certificate_not_after: new.gauge(
                "serving_certificate_not_after_timestamp_seconds",
                "Unix time at which the serving certificate ends; 0 without one.",
            )?,
            registry,
        })
    }

    /// The exposition in Prometheus' text format.
    ///
    /// # Errors
    /// When a family cannot be encoded.
    pub fn exposition(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes families and registers them.
struct Families<'a>(&'a Registry);

impl Families<'_> {
    fn add<F: Collector + Clone + 'static>(&self, family: F) -> prometheus::Result<F> {
        self.0.register(Box::new(family.clone()))?;
        Ok(family)
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.add(IntGauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, label: &str) -> prometheus::Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(Opts::new(name, help), &[label])?)
    }

    fn counters(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> prometheus::Result<IntCounterVec> {
        self.add(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> prometheus::Result<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
        self.add(HistogramVec::new(options, labels)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exposition_has_the_promised_names() {
        let metrics = Metrics::new();
        metrics.requests.with_label_values(&["values", "200"]).inc();
        metrics
            .rule_last_success
            .with_label_values(&["rules[0]"])
            .set(1.5);
        metrics.access_reviews.with_label_values(&["allowed"]).inc();
        metrics.watched_objects.with_label_values(&["pods"]).set(3);
        insta::assert_snapshot!(metrics.exposition().unwrap(), @r#"
        # HELP custom_metrics_adapter_access_reviews_total SubjectAccessReviews sent, by outcome.
        # TYPE custom_metrics_adapter_access_reviews_total counter
        custom_metrics_adapter_access_reviews_total{outcome="allowed"} 1
        # HELP custom_metrics_adapter_build_info Always 1; the version is in the label.
        # TYPE custom_metrics_adapter_build_info gauge
        custom_metrics_adapter_build_info{version="0.1.0"} 1
        # HELP custom_metrics_adapter_connections Open API connections.
        # TYPE custom_metrics_adapter_connections gauge
        custom_metrics_adapter_connections 0
        # HELP custom_metrics_adapter_kinds Kinds that the cluster has; 0 until they were read once.
        # TYPE custom_metrics_adapter_kinds gauge
        custom_metrics_adapter_kinds 0
        # HELP custom_metrics_adapter_requests_in_flight API requests being answered.
        # TYPE custom_metrics_adapter_requests_in_flight gauge
        custom_metrics_adapter_requests_in_flight 0
        # HELP custom_metrics_adapter_requests_total API requests by route and status code.
        # TYPE custom_metrics_adapter_requests_total counter
        custom_metrics_adapter_requests_total{code="200",route="values"} 1
        # HELP custom_metrics_adapter_rule_last_success_timestamp_seconds Unix time at which Prometheus last answered for a rule.
        # TYPE custom_metrics_adapter_rule_last_success_timestamp_seconds gauge
        custom_metrics_adapter_rule_last_success_timestamp_seconds{rule="rules[0]"} 1.5
        # HELP custom_metrics_adapter_serving_certificate_not_after_timestamp_seconds Unix time at which the serving certificate ends; 0 without one.
        # TYPE custom_metrics_adapter_serving_certificate_not_after_timestamp_seconds gauge
        custom_metrics_adapter_serving_certificate_not_after_timestamp_seconds 0
        # HELP custom_metrics_adapter_watched_objects Objects whose names and labels are held in memory, by watch.
        # TYPE custom_metrics_adapter_watched_objects gauge
        custom_metrics_adapter_watched_objects{watch="pods"} 3
        "#);
    }
}
