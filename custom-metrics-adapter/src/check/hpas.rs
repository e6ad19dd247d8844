//! Autoscalers beside the rules: which would find their metric, and which not, and why.

use custom_metrics_core::answer::{self, BackendFailure, Question};
use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::hpa::{Hpa, HpaError, Metric, read};
use custom_metrics_core::ids::ObjectName;
use custom_metrics_core::lint::{Code, Finding};
use custom_metrics_core::path::{CustomMetric, ExternalMetric, NameOrAll, Request};
use custom_metrics_core::promql;
use custom_metrics_core::quantity::Quantity;
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::sample::{Sample, by_object};
use custom_metrics_core::selector::Selector;
use jiff::Timestamp;

use super::cluster::{Cluster, Scaled};
use super::probe::{self, Probe, Seen};
use super::report::{HpaMetric, HpaView, State};
use super::{PATIENCE, input::Written};

/// An autoscaler and, where a cluster was asked, what it scales.
#[derive(Debug)]
pub(super) struct Autoscaler {
    pub(super) hpa: Hpa,
    pub(super) scaled: Option<Scaled>,
}

/// The autoscalers of a cluster.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) autoscalers: Vec<Autoscaler>,
    pub(super) findings: Vec<Finding>,
    pub(super) problems: Vec<String>,
}

/// # Errors
/// When they cannot be listed; the words name the right that is missing.
pub(super) async fn of_cluster(cluster: &Cluster, kinds: &ResourceMap) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let listed = cluster.autoscalers(None, &Selector::default()).await;
    for hpa in listed.map_err(|error| anyhow::anyhow!("list HorizontalPodAutoscalers: {error}"))? {
        let hpa = match hpa {
            Ok(hpa) => hpa,
            Err(error) => {
                found.findings.push(unusable(&error));
                continue;
            }
        };
        let scaled = match cluster.scaled(&hpa, kinds).await {
            Ok(scaled) => Some(scaled),
            Err(error) => {
                let (namespace, name) = (&hpa.namespace, &hpa.name);
                let problem = format!("what {namespace}/{name} scales: {error}");
                found.problems.push(problem);
                None
            }
        };
        found.autoscalers.push(Autoscaler { hpa, scaled });
    }
    Ok(found)
}

pub(super) fn unusable(error: &HpaError) -> Finding {
    let place = format!("HorizontalPodAutoscaler {}/{}", error.namespace, error.name);
    let fix = "see `kubectl explain hpa.spec --api-version autoscaling/v2`";
    Finding::new(Code::BadManifest, place, &error.field, &error.problem, fix)
}

pub(super) async fn check(
    autoscalers: &[Autoscaler],
    probe: &Probe<'_>,
    seen: &Seen,
) -> (Vec<HpaView>, Vec<Finding>) {
    let mut views = vec![];
    let mut findings = vec![];
    for Autoscaler { hpa, scaled } in autoscalers {
        let mut metrics = vec![];
        for (index, metric) in hpa.metrics.iter().enumerate() {
            let reader = Reader {
                hpa,
                scaled: scaled.as_ref(),
                probe,
                seen,
            };
            let (view, blame) = reader.metric(metric).await;
            findings.extend(blame.map(|(code, fix)| {
                let place = format!("HorizontalPodAutoscaler {}/{}", hpa.namespace, hpa.name);
                let what = format!("{} {}: {}", metric.kind(), metric.name(), view.detail);
                Finding::new(code, place, &format!("spec.metrics[{index}]"), what, fix)
            }));
            metrics.push(view);
        }
        views.push(HpaView {
            namespace: hpa.namespace.to_string(),
            name: hpa.name.to_string(),
            metrics,
        });
    }
    (views, findings)
}

/// A code and a fix for what is missing.
type Blame = Option<(Code, &'static str)>;

/// One autoscaler and everything that answers its questions.
struct Reader<'a> {
    hpa: &'a Hpa,
    scaled: Option<&'a Scaled>,
    probe: &'a Probe<'a>,
    seen: &'a Seen,
}

/// Where a question leads.
struct Answered {
    rule: String,
    /// Or why there is none.
    query: Result<String, String>,
    /// Absent where nobody was asked.
    values: Option<Result<String, String>>,
}

impl Reader<'_> {
    async fn metric(&self, metric: &Metric) -> (HpaMetric, Blame) {
        let mut view = HpaMetric {
            kind: metric.kind(),
            metric: metric.name().to_owned(),
            target: metric.target.to_string(),
            state: State::Missing,
            request: None,
            rule: None,
            query: None,
            detail: String::new(),
        };
        let pods = self
            .scaled
            .map(|scaled| scaled.selector.clone())
            .unwrap_or_default();
        let custom = GroupVersion::CustomV1Beta1;
        let request = match read::request(self.hpa, metric, &pods, custom, self.probe.kinds) {
            Ok(request) => request,
            Err(error) => {
                view.detail = error.to_string();
                let fix = "see `kubectl api-resources`; for kinds of the cluster's own, check with --cluster";
                return (view, Some((Code::UnknownKind, fix)));
            }
        };
        view.request = Some(read::url(&request));
        if let Some(key) = bad_key(&request) {
            view.detail =
                format!("the key {key:?} of its selector is no name of a Prometheus label");
            return (
                view,
                Some((
                    Code::BadKey,
                    "select by labels as Prometheus has them, such as app_kubernetes_io_name",
                )),
            );
        }
        let found = match &request {
            Request::CustomMetric(metric) => self.custom(metric).await,
            Request::ExternalMetric(metric) => self.external(metric).await,
            _ => {
                let served = self.probe.rules.resource_rules.is_some();
                view.state = if served {
                    State::Offered
                } else {
                    State::Elsewhere
                };
                view.detail = if served {
                    "served by resourceRules".to_owned()
                } else {
                    "this configuration has no resourceRules: metrics-server or another one answers"
                        .to_owned()
                };
                return (view, None);
            }
        };
        let blame = judge(&mut view, found);
        (view, blame)
    }

    async fn custom(&self, request: &CustomMetric) -> Result<Answered, String> {
        let kinds = self.probe.kinds;
        let target = self
            .seen
            .registry
            .find(request, kinds)
            .map_err(|reason| reason.message())?;
        let written = &self.probe.rules.rules[target.rule];
        let known = match &request.name {
            NameOrAll::Name(name) => Some(vec![name.clone()]),
            NameOrAll::All => self.pods(request),
        };
        let names = known.clone().unwrap_or_else(probe::any_objects);
        let selector = &request.metric_label_selector;
        let query = probe::about(
            &written.rule,
            &target.series,
            &target.resource,
            request.namespace(),
            &names,
            selector,
            kinds,
        );
        let values = match (&self.probe.backend, &query) {
            (Some(backend), Ok(query)) => {
                let samples = backend.instant(&query.text, PATIENCE).await;
                let samples = samples.map_err(|error| BackendFailure(error.to_string()));
                Some(match &known {
                    None => samples
                        .map_err(|error| error.0)
                        .and_then(|samples| any(&samples, &query.object_label)),
                    Some(names) => {
                        let question = Question {
                            metric: &request.metric,
                            asked_as: &request.resource,
                            resource: &target.resource,
                            namespace: request.namespace(),
                            objects: match &request.name {
                                NameOrAll::Name(name) => answer::Objects::Named(name),
                                NameOrAll::All => answer::Objects::Matching(names),
                            },
                            metric_selector: selector,
                            object_label: &query.object_label,
                        };
                        let samples = samples.as_deref();
                        answer::answer(&question, samples, Timestamp::now())
                            .map(|answer| of_objects(&answer))
                            .map_err(|reason| reason.message())
                    }
                })
            }
            _ => None,
        };
        Ok(Answered {
            rule: place(written),
            query: query.map(|query| query.text),
            values,
        })
    }

    /// Pods the autoscaler reads, where its scale is known.
    fn pods(&self, request: &CustomMetric) -> Option<Vec<ObjectName>> {
        let pods = self.scaled?.pods.iter();
        let matching = pods.filter(|pod| request.label_selector.matches(&pod.labels));
        Some(
            matching
                .filter_map(|pod| ObjectName::new(pod.pod.name.clone()).ok())
                .collect(),
        )
    }

    async fn external(&self, request: &ExternalMetric) -> Result<Answered, String> {
        let target = self
            .seen
            .external
            .find(request)
            .map_err(|reason| reason.message())?;
        let written = &self.probe.rules.external_rules[target.rule];
        let query = promql::external_query(
            &written.rule,
            &target.series,
            &request.namespace,
            &request.selector,
            self.probe.kinds,
        );
        let query = query.map_err(|error| error.to_string());
        let values = match (&self.probe.backend, &query) {
            (Some(backend), Ok(query)) => {
                let samples = backend.instant(query, PATIENCE).await;
                Some(
                    samples
                        .map_err(|error| error.to_string())
                        .and_then(|samples| sum(&samples)),
                )
            }
            _ => None,
        };
        Ok(Answered {
            rule: place(written),
            query,
            values,
        })
    }
}

fn place(written: &Written) -> String {
    format!("{}[{}]", written.rule.section(), written.rule.index())
}

fn judge(view: &mut HpaMetric, found: Result<Answered, String>) -> Blame {
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            view.detail = why;
            let fix = "add a rule that makes it, or correct the name or the described object";
            return Some((Code::NotOffered, fix));
        }
    };
    view.rule = Some(found.rule);
    let fix = "send the query to Prometheus and take away matchers until it finds something";
    match (found.query, found.values) {
        (Err(why), _) => {
            view.detail = why;
            return Some((Code::NoAnswer, "see what `check` says of the rule"));
        }
        (Ok(query), None) => {
            view.query = Some(query);
            view.state = State::Offered;
            "a rule offers it; Prometheus was not asked".clone_into(&mut view.detail);
        }
        (Ok(query), Some(Ok(values))) => {
            view.query = Some(query);
            view.state = State::Found;
            view.detail = values;
        }
        (Ok(query), Some(Err(why))) => {
            view.query = Some(query);
            view.detail = why;
            return Some((Code::NoAnswer, fix));
        }
    }
    None
}

/// A key of the metric's selector that PromQL does not take for a label.
fn bad_key(request: &Request) -> Option<&str> {
    let selector = match request {
        Request::CustomMetric(metric) => &metric.metric_label_selector,
        Request::ExternalMetric(metric) => &metric.selector,
        _ => return None,
    };
    let mut keys = selector
        .requirements()
        .iter()
        .map(|requirement| requirement.key());
    keys.find(|key| {
        !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            || key.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Every value found, whoever it belongs to.
fn any(samples: &[Sample], label: &str) -> Result<String, String> {
    let mut values: Vec<(&str, f64)> = by_object(samples, label).values.into_iter().collect();
    values.retain(|(name, _)| !name.is_empty());
    values.sort_by(|one, other| one.0.cmp(other.0));
    let Some((name, value)) = values.first() else {
        return Err("the query found nothing in the namespace".to_owned());
    };
    let value =
        Quantity::from_f64(*value).map_or_else(|why| why.to_string(), |value| value.to_string());
    Ok(format!(
        "{} objects of the namespace, such as {name} {value}",
        values.len()
    ))
}

fn of_objects(answer: &answer::Answer) -> String {
    let all = answer.values.len() + answer.left_out.len();
    let example = answer
        .values
        .first()
        .map_or_else(String::new, |(name, value)| format!("{name} {value}"));
    match (answer.left_out.first(), all) {
        (None, 1) => example,
        (None, _) => format!("all {all} have a value, such as {example}"),
        (Some((name, why)), _) => format!(
            "{} of {all} have a value, such as {example}; {name}: {why}",
            answer.values.len()
        ),
    }
}

fn sum(samples: &[Sample]) -> Result<String, String> {
    if samples.is_empty() {
        return Err("the query returned no samples".to_owned());
    }
    let mut total = 0_i64;
    for sample in samples {
        let value = Quantity::from_f64(sample.value);
        let value = value.map_err(|why| format!("{}: {why}", probe::shown(sample, "")))?;
        total = total.saturating_add(value.milli());
    }
    Ok(format!(
        "{} rows, {} in all",
        samples.len(),
        Quantity::from_milli(total)
    ))
}
