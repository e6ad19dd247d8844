//! One metric of an autoscaler followed to its rule, its query and its value.

use custom_metrics_core::answer::{self, BackendFailure, Question};
use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::hpa::{Hpa, Metric, read};
use custom_metrics_core::ids::ObjectName;
use custom_metrics_core::lint::Code;
use custom_metrics_core::path::{CustomMetric, ExternalMetric, NameOrAll, Request};
use custom_metrics_core::promql;
use custom_metrics_core::selector::Requirement;
use jiff::Timestamp;

use super::PATIENCE;
use super::found;
use super::input::Written;
use super::probe::{self, Probe, Seen};
use super::report::{HpaMetric, State};
use super::scaled::Scaled;

/// A code and a fix for what is missing.
pub(super) type Blame = Option<(Code, &'static str)>;

/// One autoscaler and everything that answers its questions.
pub(super) struct Reader<'a> {
    pub(super) hpa: &'a Hpa,
    pub(super) scaled: Option<&'a Scaled>,
    pub(super) probe: &'a Probe<'a>,
    pub(super) seen: &'a Seen,
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
    pub(super) async fn metric(&self, metric: &Metric) -> (HpaMetric, Blame) {
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
                let served = self.probe.rules.resource.is_some();
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
        let written = &self.probe.rules.custom[target.rule];
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
                        .and_then(|samples| found::any(&samples, &query.object_label)),
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
                            .map(|answer| found::of_objects(&answer))
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
        let written = &self.probe.rules.external[target.rule];
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
                        .and_then(|samples| found::sum(&samples)),
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
    let mut keys = selector.requirements().iter().map(Requirement::key);
    keys.find(|key| {
        !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            || key.starts_with(|c: char| c.is_ascii_digit())
    })
}
