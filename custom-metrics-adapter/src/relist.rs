//! Keeps the list of metrics current: asks Prometheus which series stand behind each rule.
//!
//! Rules with the same `seriesQuery`, of whichever section, share one question. A question that fails
//! keeps the answer it had and is asked again soon; the others do not notice.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use custom_metrics_core::registry::{Discovered, Series};
use custom_metrics_core::rule::{Place, Rule, RuleSet, Section};
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::metrics::Metrics;
use crate::ports::{Backend, QueryFailure};
use crate::readiness::Gate;
use crate::store::{Found, Store};

/// Enough to hide round trips, few enough not to be a burst on Prometheus.
const CONCURRENT_QUESTIONS: usize = 8;
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
    /// How long ago a series may have ended and still count.
    pub max_age: Duration,
    pub metrics: Arc<Metrics>,
    /// Opens with the first round in which Prometheus answered, or after ten seconds.
    pub gate: Gate,
}

/// What is asked of Prometheus, and what it said last.
#[derive(Debug)]
struct Question {
    /// The `seriesQuery` of all these rules.
    selector: String,
    with_labels: bool,
    rules: Vec<Place>,
    discovered: Arc<Discovered>,
    /// When to ask again.
    due: Instant,
    /// The last pause while failing; nothing while well.
    retry: Option<Duration>,
}

impl Question {
    fn new(selector: &str) -> Self {
        Self {
            selector: selector.to_owned(),
            with_labels: false,
            rules: Vec::new(),
            discovered: Arc::new(Err("not asked yet".to_owned())),
            due: Instant::now(),
            retry: None,
        }
    }

    fn learn(&mut self, result: Result<Vec<Series>, QueryFailure>, interval: Duration) {
        let pause = match result {
            Ok(series) => {
                self.discovered = Arc::new(Ok(series));
                self.retry = None;
                interval
            }
            Err(error) => {
                // What was found before still holds; only a first failure leaves nothing.
                if self.discovered.is_err() {
                    self.discovered = Arc::new(Err(error.to_string()));
                }
                let retry = self.retry.map_or(FIRST_RETRY, |last| last * 2);
                *self.retry.insert(retry.min(LONGEST_RETRY).min(interval))
            }
        };
        self.due = Instant::now() + pause;
    }
}

/// Every distinct `seriesQuery` once, in the order of the file.
fn questions(rules: &RuleSet) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for rule in rules.rules.iter().chain(&rules.external_rules) {
        let selector = rule.series_query();
        let known = questions.iter().position(|one| one.selector == selector);
        let place = known.unwrap_or_else(|| {
            questions.push(Question::new(selector));
            questions.len() - 1
        });
        let question = &mut questions[place];
        question.with_labels |= needs_labels(rule);
        question
            .rules
            .push(Place::Rule(rule.section(), rule.index()));
    }
    questions
}

/// Labels only say what a custom metric describes, and overrides say all there is to know of a series with
/// a literal name.
fn needs_labels(rule: &Rule) -> bool {
    let described = rule.literal_series().is_none() || rule.labels().has_template();
    rule.section() == Section::Rules && described
}

/// The answers, sorted to the rules of a section.
fn answers(questions: &[Question], section: Section, rules: &[Rule]) -> Vec<Arc<Discovered>> {
    let answer = |rule: &Rule| {
        let place = Place::Rule(section, rule.index());
        let question = questions.iter().find(|one| one.rules.contains(&place));
        question.map_or_else(
            || Arc::new(Err("not asked".to_owned())),
            |question| Arc::clone(&question.discovered),
        )
    };
    rules.iter().map(answer).collect()
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
        let rules = &self.store.rules;
        let mut questions = questions(rules);
        loop {
            let now = Instant::now();
            for (place, result) in self.ask(&questions, now).await {
                let question = &mut questions[place];
                self.report(question, &result);
                question.learn(result, self.interval);
            }
            self.store.publish(Found {
                custom: answers(&questions, Section::Rules, &rules.rules),
                external: answers(&questions, Section::ExternalRules, &rules.external_rules),
            })?;
            if questions.is_empty() || questions.iter().any(|one| one.retry.is_none()) {
                self.gate.open();
            }
            match questions.iter().map(|one| one.due).min() {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Asks what is due.
    async fn ask(
        &self,
        questions: &[Question],
        now: Instant,
    ) -> Vec<(usize, Result<Vec<Series>, QueryFailure>)> {
        let due: Vec<usize> = (0..questions.len())
            .filter(|&place| questions[place].due <= now)
            .collect();
        stream::iter(due)
            .map(|place| async move {
                let (selector, with_labels) =
                    (&questions[place].selector, questions[place].with_labels);
                let series = self.backend.series(selector, self.max_age, with_labels);
                (place, series.await)
            })
            .buffer_unordered(CONCURRENT_QUESTIONS)
            .collect()
            .await
    }

    /// Logs changes, not repetitions.
    fn report(&self, question: &Question, result: &Result<Vec<Series>, QueryFailure>) {
        let query = &question.selector;
        let was_failing = question.retry.is_some();
        for rule in question.rules.iter().map(Place::to_string) {
            match result {
                Ok(series) => {
                    if was_failing {
                        tracing::info!(rule, "list series of {rule} `{query}` again");
                    }
                    if series.is_empty() {
                        tracing::debug!(rule, "{rule} `{query}` matches no series");
                    }
                    self.metrics
                        .rule_last_success
                        .with_label_values(&[&rule])
                        .set(unix_seconds());
                }
                Err(error) if !was_failing => {
                    tracing::warn!(rule, "list series of {rule} `{query}`: {error}");
                }
                Err(_) => {}
            }
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
    use custom_metrics_core::sample::Evaluation;
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    const INTERVAL: Duration = Duration::from_mins(10);

    /// A Prometheus that accepts questions and never answers.
    #[derive(Debug)]
    struct Silent;

    impl Backend for Silent {
        fn evaluate<'a>(
            &'a self,
            _: &'a str,
            _: Duration,
        ) -> BoxFuture<'a, Result<Evaluation, QueryFailure>> {
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
        let rules = crate::rules::parse("rules: [{seriesQuery: up, metricsQuery: up}]").unwrap();
        let relist = Relist {
            store: Arc::new(Store::new(rules, ResourceMap::builtin(), 1).unwrap()),
            backend: Arc::new(Silent),
            interval: INTERVAL,
            max_age: INTERVAL,
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
        let mut question = Question::new("up");
        let mut pauses = Vec::new();
        for _ in 0..7 {
            question.learn(Err(QueryFailure::Failed("down".to_owned())), INTERVAL);
            pauses.push((question.due - Instant::now()).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        question.learn(Ok(Vec::new()), INTERVAL);
        assert_eq!(
            (question.due - Instant::now(), question.retry),
            (INTERVAL, None)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_keeps_what_was_found_before() {
        let mut question = Question::new("up");
        let series = Series {
            name: "up".to_owned(),
            labels: Vec::new(),
        };
        question.learn(Ok(vec![series.clone()]), INTERVAL);
        question.learn(Err(QueryFailure::Failed("down".to_owned())), INTERVAL);
        assert_eq!(*question.discovered, Ok(vec![series]));
    }

    #[tokio::test]
    async fn rules_of_both_sections_share_a_question_and_only_what_describes_objects_needs_labels()
    {
        let rules = crate::rules::parse(
            "
rules:
- {seriesQuery: a, resources: {overrides: {pod: {resource: pod}}}}
- {seriesQuery: b, resources: {template: <<.Resource>>}}
- {seriesQuery: '{__name__=~\"c.*\"}'}
externalRules:
- {seriesQuery: b}
- {seriesQuery: a}
- {seriesQuery: '{__name__=~\"d.*\"}'}
",
        )
        .unwrap();
        let asked: Vec<_> = questions(&rules)
            .iter()
            .map(|question| {
                let rules: Vec<_> = question.rules.iter().map(Place::to_string).collect();
                let labels = if question.with_labels {
                    "labels"
                } else {
                    "names"
                };
                format!("{} {labels} {}", question.selector, rules.join(" "))
            })
            .collect();
        assert_eq!(
            asked,
            [
                "a names rules[0] externalRules[1]",
                "b labels rules[1] externalRules[0]",
                "{__name__=~\"c.*\"} labels rules[2]",
                "{__name__=~\"d.*\"} names externalRules[2]",
            ]
        );
    }

    #[tokio::test]
    async fn each_rule_gets_the_answer_to_its_question() {
        let rules = crate::rules::parse(
            "{rules: [{seriesQuery: a}, {seriesQuery: b}], externalRules: [{seriesQuery: b}]}",
        )
        .unwrap();
        let mut questions = questions(&rules);
        let series = Series {
            name: "b".to_owned(),
            labels: Vec::new(),
        };
        questions[1].learn(Ok(vec![series.clone()]), INTERVAL);
        let custom = answers(&questions, Section::Rules, &rules.rules);
        let external = answers(&questions, Section::ExternalRules, &rules.external_rules);
        assert!(custom[0].is_err());
        assert_eq!(*custom[1], Ok(vec![series]));
        assert!(Arc::ptr_eq(&custom[1], &external[0]));
    }

    /// What prometheus-adapter's `config-gen --rate-interval 1m` writes, as far as listing goes.
    const CONFIG_GEN: &str = r#"
rules:
- seriesQuery: &containers '{__name__=~"^container_.*",container!="POD",namespace!="",pod!=""}'
  resources: &pod {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name: {matches: ^container_(.*)_seconds_total$}
- seriesQuery: *containers
  seriesFilters: [{isNot: ^container_.*_seconds_total$}]
  resources: *pod
  name: {matches: ^container_(.*)_total$}
- seriesQuery: *containers
  seriesFilters: [{isNot: ^container_.*_total$}]
  resources: *pod
  name: {matches: ^container_(.*)$}
- seriesQuery: &others '{namespace!="",__name__!~"^container_.*"}'
  seriesFilters: [{isNot: .*_total$}]
  resources: &template {template: <<.Resource>>}
- seriesQuery: *others
  seriesFilters: [{isNot: .*_seconds_total}]
  resources: *template
  name: {matches: ^(.*)_total$}
- seriesQuery: *others
  resources: *template
  name: {matches: ^(.*)_seconds_total$}
"#;

    /// The Prometheus of prometheus-adapter's `pkg/custom-provider/provider_test.go`.
    #[derive(Debug, Default)]
    struct Scripted {
        asked: std::sync::Mutex<Vec<String>>,
    }

    impl Backend for Scripted {
        fn evaluate<'a>(
            &'a self,
            _: &'a str,
            _: Duration,
        ) -> BoxFuture<'a, Result<Evaluation, QueryFailure>> {
            unreachable!("a list evaluates nothing")
        }

        fn series<'a>(
            &'a self,
            selector: &'a str,
            lookback: Duration,
            _: bool,
        ) -> BoxFuture<'a, Result<Vec<Series>, QueryFailure>> {
            assert_eq!(lookback, INTERVAL);
            self.asked.lock().unwrap().push(selector.to_owned());
            let found: &[(&str, &[&str])] = if selector.contains("POD") {
                &[("container_some_usage", &["pod", "namespace", "container"])]
            } else {
                &[
                    (
                        "ingress_hits_total",
                        &["ingress", "service", "pod", "namespace"],
                    ),
                    (
                        "ingress_hits_total",
                        &["ingress", "service", "pod", "namespace"],
                    ),
                    ("service_proxy_packets", &["service", "namespace"]),
                    (
                        "work_queue_wait_seconds_total",
                        &["deployment", "namespace"],
                    ),
                ]
            };
            let series = found.iter().map(|(name, labels)| Series {
                name: (*name).to_owned(),
                labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            });
            std::future::ready(Ok(series.collect())).boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_list_is_empty_before_the_first_round_and_then_what_it_is_upstream() {
        let rules = crate::rules::parse(CONFIG_GEN).unwrap();
        let relist = Relist {
            store: Arc::new(Store::new(rules, ResourceMap::builtin(), 1).unwrap()),
            backend: Arc::new(Scripted::default()),
            interval: INTERVAL,
            max_age: INTERVAL,
            metrics: Arc::new(Metrics::new()),
            gate: Readiness::default().gate("prometheus"),
        };
        let (store, backend) = (Arc::clone(&relist.store), Arc::clone(&relist.backend));
        let gate = relist.gate.clone();
        let listed = || -> Vec<String> {
            let snapshot = store.snapshot();
            let shown = snapshot.registry.listing().map(|one| {
                let scope = if one.namespaced { " ns" } else { "" };
                format!("{}/{}{scope}", one.resource, one.metric)
            });
            shown.collect()
        };
        assert_eq!(listed(), [""; 0]);
        let run = tokio::spawn(relist.run());
        while !gate.is_open() {
            tokio::task::yield_now().await;
        }
        // Theirs still has deployments and ingresses in the group `extensions`.
        assert_eq!(
            listed(),
            [
                "deployments.apps/work_queue_wait ns",
                "ingresses.networking.k8s.io/ingress_hits ns",
                "namespaces/ingress_hits",
                "namespaces/service_proxy_packets",
                "namespaces/some_usage",
                "namespaces/work_queue_wait",
                "pods/ingress_hits ns",
                "pods/some_usage ns",
                "services/ingress_hits ns",
                "services/service_proxy_packets ns",
            ]
        );
        // Six rules, two questions; and looking at the list asks nothing.
        assert_eq!(backend.asked.lock().unwrap().len(), 2);
        run.abort();
    }
}
