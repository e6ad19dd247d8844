//! What `check` found, in the shape of its JSON (documented in `docs/CHECK.md`).

use custom_metrics_core::lint::{self, Example, Finding, Severity, Subject};
use custom_metrics_core::resources::{Resource, ResourceMap};
use custom_metrics_core::rule::{ResourceRules, Section};
use serde::Serialize;

/// Changes when a field changes its meaning or goes.
const SHAPE: u32 = 1;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Version of this shape.
    pub(crate) shape: u32,
    /// The file.
    pub(crate) config: String,
    pub(crate) rules: Vec<RuleView>,
    /// Gravest first.
    pub(crate) findings: Vec<Finding>,
    /// Absent where Prometheus was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) served: Option<Vec<Served>>,
    /// Absent where no autoscalers were to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hpas: Option<Vec<HpaView>>,
    /// What could not be examined, and why.
    pub(crate) problems: Vec<String>,
    pub(crate) summary: Summary,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) errors: u64,
    pub(crate) warnings: u64,
    pub(crate) notes: u64,
}

/// A rule as it is understood.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleView {
    /// `rules[0]`
    pub(crate) place: String,
    pub(crate) series_query: String,
    /// Names that belong to the rule; absent where Prometheus was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) series: Option<Vec<String>>,
    /// 0 for resource rules, whose queries stand for themselves.
    pub(crate) scrape_interval_seconds: f64,
    /// `label → resource`, or the template.
    pub(crate) labels: Vec<String>,
    /// The metric, where the series are known; else how names come about.
    pub(crate) metric: String,
    /// Only of external rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespaced: Option<bool>,
    pub(crate) queries: Vec<QueryView>,
}

/// The template expanded for made-up objects.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct QueryView {
    /// Absent for external metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
}

/// A metric that would be served now.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Served {
    /// `pods/http_requests_per_second`, or `external/queue_depth`.
    pub(crate) metric: String,
    pub(crate) rule: String,
    pub(crate) series: String,
    /// Rows with a value, in all namespaces.
    pub(crate) values: u64,
    /// `pod-a 10500m`, the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) example: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct HpaView {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) metrics: Vec<HpaMetric>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct HpaMetric {
    /// `Pods`, `Object`, …
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) metric: String,
    pub(crate) target: String,
    pub(crate) state: State,
    /// Path and query its controller sends; absent where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// What was found, or why nothing was.
    pub(crate) detail: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// There is a value.
    Found,
    /// A rule offers it; whether there is a value was not asked.
    Offered,
    Missing,
    /// Resource metrics that this configuration does not serve: metrics-server's business.
    Elsewhere,
}

impl Report {
    pub(super) fn new(config: String) -> Self {
        Self {
            shape: SHAPE,
            config,
            rules: vec![],
            findings: vec![],
            served: None,
            hpas: None,
            problems: vec![],
            summary: Summary::default(),
        }
    }

    /// Sorted and counted.
    pub(super) fn finished(mut self) -> Self {
        self.findings.sort_by(|one, other| {
            let key = |finding: &Finding| (finding.severity, finding.id, finding.place.clone());
            key(one).cmp(&key(other))
        });
        for finding in &self.findings {
            match finding.severity {
                Severity::Error => self.summary.errors += 1,
                Severity::Warning => self.summary.warnings += 1,
                Severity::Note => self.summary.notes += 1,
            }
        }
        self
    }

    /// 1 where something is to be done or could not be examined.
    pub(super) fn exit_code(&self) -> u8 {
        let Summary {
            errors, warnings, ..
        } = self.summary;
        u8::from(errors + warnings > 0 || !self.problems.is_empty())
    }
}

impl QueryView {
    fn new(example: Example) -> Self {
        Self {
            resource: example.resource,
            problem: example.query.as_ref().err().cloned(),
            query: example.query.ok(),
        }
    }
}

impl RuleView {
    /// One for cpu and one for memory.
    pub(super) fn usage(rules: &ResourceRules, kinds: &ResourceMap) -> Vec<Self> {
        let examples = lint::usage_examples(rules, kinds).into_iter();
        let view = |(name, examples): (&str, Vec<Example>)| Self {
            place: format!("resourceRules.{name}"),
            series_query: String::new(),
            series: None,
            scrape_interval_seconds: 0.0,
            labels: vec![],
            metric: format!("{name} of pods and nodes"),
            namespaced: None,
            queries: examples.into_iter().map(QueryView::new).collect(),
        };
        examples.map(view).collect()
    }

    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let rule = subject.rule;
        let names: Option<Vec<String>> = subject.series.map(|series| {
            let names = series.iter().map(|series| series.name.clone());
            names.filter(|name| rule.accepts(name)).collect()
        });
        let known = names
            .as_ref()
            .and_then(|names| names.first())
            .map(String::as_str);
        let known = known.or_else(|| rule.literal_series());
        let written = match (
            subject.raw.name.matches.as_str(),
            subject.raw.name.expansion.as_str(),
        ) {
            ("", "") => "the name of the series".to_owned(),
            ("", expansion) => expansion.to_owned(),
            (matches, "") => format!("the group of {matches}"),
            (matches, expansion) => format!("{expansion} from {matches}"),
        };
        let metric = known.and_then(|known| rule.metric(known).ok());
        let queries = lint::examples(rule, known.unwrap_or("example_series"), subject.resources);
        let overrides = rule.labels().overrides().iter();
        let mut labels: Vec<String> = overrides
            .map(|(label, resource)| {
                let known = subject
                    .resources
                    .resolve(resource)
                    .map(Resource::group_resource);
                format!("{label} → {}", known.as_ref().unwrap_or(resource))
            })
            .collect();
        if rule.labels().has_template() {
            labels.push(format!("template {}", subject.raw.resources.template));
        }
        let external = rule.section() == Section::ExternalRules;
        Self {
            place: format!("{}[{}]", rule.section(), rule.index()),
            series_query: rule.series_query().to_owned(),
            series: names,
            scrape_interval_seconds: subject.scrape_interval.as_secs_f64(),
            labels,
            metric: metric.map_or(written, |metric| metric.to_string()),
            namespaced: external.then(|| rule.namespaced()),
            queries: queries.into_iter().map(QueryView::new).collect(),
        }
    }
}
