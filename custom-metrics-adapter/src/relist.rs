//! Keeps the list of metrics current: asks Prometheus which series stand behind each rule.
//!
//! A rule that fails keeps what it had and is tried again soon; the others do not notice.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use custom_metrics_core::registry::{Discovered, Series};
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::metrics::Metrics;
use crate::ports::{Backend, QueryFailure};
use crate::readiness::Gate;
use crate::store::Store;

/// Enough to hide round trips, few enough not to be a burst on Prometheus.
const CONCURRENT_RULES: usize = 8;
/// Prometheus is waited for this long at most: an adapter that is not ready takes the whole API
/// group with it, and reads have an error of their own to give.
const READY_WITHIN: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// The relist loop.
#[derive(Debug)]
pub struct Relist<B> {
    pub store: Arc<Store>,
    pub backend: Arc<B>,
    pub interval: Duration,
    pub metrics: Arc<Metrics>,
    /// Opens with the first round in which Prometheus answered, or after ten seconds.
    pub gate: Gate,
}

/// What is known of one rule's series.
#[derive(Debug)]
struct State {
    discovered: Discovered,
    /// When to ask again.
    due: Instant,
    /// The last pause while failing; nothing while well.
    retry: Option<Duration>,
}

impl State {
    fn new() -> Self {
        Self {
            discovered: Err("not asked yet".to_owned()),
            due: Instant::now(),
            retry: None,
        }
    }

    fn learn(&mut self, result: Result<Vec<Series>, QueryFailure>, interval: Duration) {
        let pause = match result {
            Ok(series) => {
                self.discovered = Ok(series);
                self.retry = None;
                interval
            }
            Err(error) => {
                // What was found before still holds; only a first failure leaves nothing.
                if self.discovered.is_err() {
                    self.discovered = Err(error.to_string());
                }
                let retry = self.retry.map_or(FIRST_RETRY, |last| last * 2);
                *self.retry.insert(retry.min(LONGEST_RETRY).min(interval))
            }
        };
        self.due = Instant::now() + pause;
    }
}

impl<B: Backend> Relist<B> {
    /// Runs for ever.
    ///
    /// # Errors
    /// When a discovery document cannot be written, which no input should cause.
    pub async fn run(self) -> anyhow::Result<Infallible> {
        let rounds = self.rounds();
        tokio::pin!(rounds);
        tokio::select! {
            end = &mut rounds => return end,
            () = tokio::time::sleep(READY_WITHIN) => {}
        }
        self.gate.open();
        rounds.await
    }

    async fn rounds(&self) -> anyhow::Result<Infallible> {
        let mut states: Vec<State> = self.store.rules.iter().map(|_| State::new()).collect();
        loop {
            let now = Instant::now();
            let due: Vec<usize> = (0..states.len())
                .filter(|&rule| states[rule].due <= now)
                .collect();
            for (rule, result) in self.ask(&due).await {
                self.report(rule, &result, states[rule].retry.is_some());
                states[rule].learn(result, self.interval);
            }
            let discovered: Vec<Discovered> = states
                .iter()
                .map(|state| state.discovered.clone())
                .collect();
            self.store.publish(&discovered)?;
            if states.is_empty() || states.iter().any(|state| state.retry.is_none()) {
                self.gate.open();
            }
            match states.iter().map(|state| state.due).min() {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        }
    }

    async fn ask(&self, due: &[usize]) -> Vec<(usize, Result<Vec<Series>, QueryFailure>)> {
        stream::iter(due.iter().copied())
            .map(|rule| async move {
                let what = &self.store.rules[rule];
                // Overrides say all there is to know of a series with a literal name.
                let with_labels = what.literal_series().is_none() || what.labels().has_template();
                let result = self
                    .backend
                    .series(what.series_query(), self.interval, with_labels)
                    .await;
                (rule, result)
            })
            .buffer_unordered(CONCURRENT_RULES)
            .collect()
            .await
    }

    /// Logs changes, not repetitions.
    fn report(&self, rule: usize, result: &Result<Vec<Series>, QueryFailure>, was_failing: bool) {
        let query = self.store.rules[rule].series_query();
        match result {
            Ok(series) => {
                if was_failing {
                    tracing::info!(rule, "list series of rule {rule} `{query}` again");
                }
                if series.is_empty() {
                    tracing::debug!(rule, "rule {rule} `{query}` matches no series");
                }
                self.metrics
                    .rule_last_success
                    .with_label_values(&[&rule.to_string()])
                    .set(unix_seconds());
            }
            Err(error) if !was_failing => {
                tracing::warn!(rule, "list series of rule {rule} `{query}`: {error}");
            }
            Err(_) => {}
        }
    }
}

fn unix_seconds() -> f64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::Readiness;
    use custom_metrics_core::resources::ResourceMap;
    use custom_metrics_core::sample::Sample;
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    const INTERVAL: Duration = Duration::from_mins(10);

    /// A Prometheus that accepts questions and never answers.
    #[derive(Debug)]
    struct Silent;

    impl Backend for Silent {
        fn instant<'a>(
            &'a self,
            _: &'a str,
            _: Duration,
        ) -> BoxFuture<'a, Result<Vec<Sample>, QueryFailure>> {
            std::future::pending().boxed()
        }

        fn series<'a>(
            &'a self,
            _: &'a str,
            _: Duration,
            _: bool,
        ) -> BoxFuture<'a, Result<Vec<Series>, QueryFailure>> {
            std::future::pending().boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn readiness_waits_for_a_silent_prometheus_ten_seconds_and_no_longer() {
        let rules = crate::rules::parse("rules: [{seriesQuery: up, metricsQuery: up}]").unwrap().rules;
        let relist = Relist {
            store: Arc::new(Store::new(rules, ResourceMap::builtin(), 1).unwrap()),
            backend: Arc::new(Silent),
            interval: INTERVAL,
            metrics: Arc::new(Metrics::new()),
            gate: Readiness::default().gate("prometheus"),
        };
        let gate = relist.gate.clone();
        let run = tokio::spawn(relist.run());
        tokio::time::sleep(Duration::from_millis(9_999)).await;
        assert!(!gate.is_open());
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(gate.is_open());
        run.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_rule_is_retried_soon_and_ever_slower() {
        let mut state = State::new();
        let mut pauses = Vec::new();
        for _ in 0..7 {
            state.learn(Err(QueryFailure::Failed("down".to_owned())), INTERVAL);
            pauses.push((state.due - Instant::now()).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        state.learn(Ok(Vec::new()), INTERVAL);
        assert_eq!((state.due - Instant::now(), state.retry), (INTERVAL, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_keeps_what_was_found_before() {
        let mut state = State::new();
        let series = Series {
            name: "up".to_owned(),
            labels: Vec::new(),
        };
        state.learn(Ok(vec![series.clone()]), INTERVAL);
        state.learn(Err(QueryFailure::Failed("down".to_owned())), INTERVAL);
        assert_eq!(state.discovered, Ok(vec![series]));
    }
}
