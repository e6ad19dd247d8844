//! What would be served now: each metric on offer with one of its values.

use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::ids::{MetricName, Namespace};
use custom_metrics_core::lint::{self, Code, Finding};
use custom_metrics_core::path::{CustomMetric, ExternalMetric, NameOrAll, Scope};
use custom_metrics_core::quantity::Quantity;
use custom_metrics_core::registry::Listed;
use custom_metrics_core::resources::{Resource, ResourceMap};
use custom_metrics_core::rule::Rule;
use custom_metrics_core::sample::Sample;
use custom_metrics_core::selector::Selector;
use futures_util::{StreamExt as _, stream};

use super::PATIENCE;
use super::input::Written;
use super::probe::{CONCURRENT, Probe, Seen, about, any_objects};
use super::report::Served;
use crate::ports::{Backend, QueryFailure};

/// Metrics whose values are looked at; a rule for every series would mean thousands of queries.
const MOST_SERVED: usize = 100;
/// Marks the rows of a question that asks several things at once.
const MARK: &str = "asked_by_check";

impl Probe<'_> {
    /// Each metric on offer with one value, and what is wrong with the values.
    pub(super) async fn served(&self, seen: &Seen) -> (Vec<Served>, Vec<Finding>) {
        let Some(backend) = &self.backend else {
            return (vec![], vec![]);
        };
        let custom = seen
            .registry
            .listing()
            .filter_map(|listed| self.custom(seen, listed));
        let external = seen.external.listing();
        let external = external.filter_map(|metric| self.external(seen, metric));
        let asked: Vec<Offer<'_>> = custom.chain(external).take(MOST_SERVED).collect();
        let looked = stream::iter(asked).map(|offer| offer.look(backend.as_ref()));
        // That there are no series at all is a finding of the rule.
        let bare = |place: &str| {
            let rules = self.rules.custom.iter().chain(&self.rules.external);
            let mut bare = rules.filter(|written| {
                let series = seen.of(&written.rule).map(|known| &known.series);
                matches!(series, Some(Ok(series)) if series.is_empty())
            });
            bare.any(|written| place_of(&written.rule) == place)
        };
        let looked: Vec<_> = looked.buffered(CONCURRENT).collect().await;
        let (served, findings): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let mut findings = findings.concat();
        findings.retain(|finding| finding.id != Code::NoValueNow.id() || !bare(&finding.place));
        (served, findings)
    }

    fn custom(&self, seen: &Seen, listed: &Listed) -> Option<Offer<'_>> {
        let request = CustomMetric {
            version: GroupVersion::CustomV1Beta1,
            scope: match Namespace::new("default") {
                Ok(namespace) if listed.namespaced => Scope::Namespaced(namespace),
                _ => Scope::Root,
            },
            resource: listed.resource.clone(),
            name: NameOrAll::All,
            metric: listed.metric.clone(),
            label_selector: Selector::default(),
            metric_label_selector: Selector::default(),
        };
        let target = seen.registry.find(&request, self.kinds).ok()?;
        let written = self.rules.custom.get(target.rule)?;
        Some(Offer {
            metric: format!("{}/{}", listed.resource, listed.metric),
            written,
            query: anything(&written.rule, &target.series, &target.resource, self.kinds),
            series: target.series,
        })
    }

    fn external(&self, seen: &Seen, metric: &MetricName) -> Option<Offer<'_>> {
        let request = ExternalMetric {
            namespace: Namespace::new("default").ok()?,
            metric: metric.clone(),
            selector: Selector::default(),
        };
        let target = seen.external.find(&request).ok()?;
        let written = self.rules.external.get(target.rule)?;
        let query = lint::external_everywhere(&written.rule, &target.series, self.kinds);
        Some(Offer {
            metric: format!("external/{metric}"),
            written,
            series: target.series.clone(),
            query: query.map(|query| (query, String::new())),
        })
    }
}

fn place_of(rule: &Rule) -> String {
    format!("{}[{}]", rule.section(), rule.index())
}

/// A query about every object of a kind, in all namespaces, and the label that names the object.
fn anything(
    rule: &Rule,
    series: &str,
    kind: &Resource,
    kinds: &ResourceMap,
) -> Result<(String, String), String> {
    let query = about(
        rule,
        series,
        kind,
        None,
        &any_objects(),
        &Selector::default(),
        kinds,
    )?;
    Ok((query.text, query.object_label))
}

/// A metric whose values are to be looked at.
struct Offer<'a> {
    metric: String,
    written: &'a Written,
    series: String,
    /// Query and label of the object, or why there is none.
    query: Result<(String, String), String>,
}

impl Offer<'_> {
    async fn look(self, backend: &dyn Backend) -> (Served, Vec<Finding>) {
        let rule = &self.written.rule;
        let mut served = Served {
            metric: self.metric,
            rule: place_of(rule),
            series: self.series,
            values: 0,
            example: None,
            problem: None,
        };
        let (query, label) = match self.query {
            Ok(query) => query,
            Err(problem) => {
                served.problem = Some(problem);
                return (served, vec![]);
            }
        };
        let answer = backend.instant(&question(&query, &label), PATIENCE).await;
        let findings = match answer {
            Ok(samples) => learn(&mut served, &samples, &label),
            Err(error) => {
                let timeout = matches!(error, QueryFailure::Timeout(_));
                let what = format!("for {}: {error}", served.metric);
                served.problem = Some(error.to_string());
                let fix = if timeout {
                    "make it cheaper, for example by a recording rule"
                } else {
                    "try the query in Prometheus' own page"
                };
                vec![Finding::new(
                    Code::Refused,
                    &served.rule,
                    "metricsQuery",
                    what,
                    fix,
                )]
            }
        };
        (served, findings)
    }
}

/// How many rows there are, how many are no numbers, how many objects have several, and the largest
/// row: in one question.
fn question(query: &str, label: &str) -> String {
    let mark = |what: &str, part: String| {
        format!("label_replace({part}, \"{MARK}\", \"{what}\", \"\", \"\")")
    };
    let mut parts = vec![
        mark("count", format!("count({query}\n)")),
        mark("nan", format!("count(({query}\n) != ({query}\n))")),
    ];
    if !label.is_empty() {
        let rows =
            format!("count without ({MARK}) (count by ({label}, namespace) ({query}\n) > 1)");
        parts.push(mark("many", format!("count({rows})")));
    }
    parts.push(format!("topk(1, {query}\n)"));
    parts.join(" or ")
}

fn learn(served: &mut Served, samples: &[Sample], label: &str) -> Vec<Finding> {
    let marked = |what: &str| {
        let found = samples
            .iter()
            .find(|sample| sample.labels.get(MARK).is_some_and(|mark| mark == what));
        found.map_or(0, |sample| whole(sample.value))
    };
    served.values = marked("count");
    let example = samples
        .iter()
        .find(|sample| !sample.labels.contains_key(MARK));
    served.example = example.map(|sample| shown(sample, label));
    let mut findings = vec![];
    let mut add = |code, what: String, fix: &str| {
        findings.push(Finding::new(code, &served.rule, "metricsQuery", what, fix));
    };
    let metric = &served.metric;
    if served.values == 0 {
        add(
            Code::NoValueNow,
            format!("{metric} has none"),
            "fine for what is idle or not deployed; else see whether it is scraped",
        );
    }
    if marked("nan") > 0 {
        let what = format!("{metric}: {} of {} are NaN", marked("nan"), served.values);
        add(
            Code::NotANumberNow,
            what,
            "guard the ratio, as in a / (b > 0)",
        );
    }
    if marked("many") > 0 {
        let what = format!(
            "{metric}: {} objects have several samples each",
            marked("many")
        );
        add(Code::ManySamples, what, "aggregate by (<<.GroupBy>>)");
    }
    findings
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count, and `as` saturates"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

/// `pod-a 10500m`, or the labels where no one of them names an object.
pub(super) fn shown(sample: &Sample, label: &str) -> String {
    let value = Quantity::from_f64(sample.value)
        .map_or_else(|why| why.to_string(), |value| value.to_string());
    match sample.labels.get(label) {
        Some(object) => format!("{object} {value}"),
        None if sample.labels.is_empty() => value,
        None => {
            let labels: Vec<String> = sample
                .labels
                .iter()
                .map(|(key, value)| format!("{key}={value:?}"))
                .collect();
            format!("{{{}}} {value}", labels.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(labels: &[(&str, &str)], value: f64) -> Sample {
        Sample {
            labels: labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            value,
            time: 0.0,
        }
    }

    #[test]
    fn one_question_tells_count_faults_and_an_example() {
        let mut served = Served {
            metric: "pods/m".to_owned(),
            rule: "rules[0]".to_owned(),
            series: "s".to_owned(),
            values: 0,
            example: None,
            problem: None,
        };
        let samples = [
            sample(&[(MARK, "count")], 7.0),
            sample(&[(MARK, "nan")], 2.0),
            sample(&[(MARK, "many")], 1.0),
            sample(&[("pod", "a")], 10.5),
        ];
        let findings = learn(&mut served, &samples, "pod");
        let ids: Vec<_> = findings.iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["CM032", "CM033"]);
        assert_eq!(
            (served.values, served.example.as_deref()),
            (7, Some("a 10500m"))
        );
    }

    #[test]
    fn a_comment_at_the_end_of_a_query_swallows_nothing() {
        let question = question("x # why", "");
        assert!(
            question.lines().all(|line| !line.contains("# why)")),
            "{question}"
        );
    }
}
