//! What an expression gives over a fixed set of series. Pure.
//!
//! This stands in for Prometheus where two adapters are compared: it needs the same answer for the
//! same question, not the right one. So time does not pass (functions over a range give the value
//! itself), and operators have no precedence.

pub mod operators;

use std::collections::BTreeMap;

use super::promql::{Expr, Matcher, PromqlError, Selector, parse_selector};

const NAME: &str = "__name__";

pub type Labels = BTreeMap<String, String>;

/// A series and the value it always has.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: Labels,
    pub value: f64,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EvaluateError {
    #[error(transparent)]
    Parse(#[from] PromqlError),
    #[error("the function or operator {0:?} is not one that the scripted Prometheus knows")]
    Unknown(String),
}

/// What a query gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Scalar(f64),
    Vector(Vec<Sample>),
}

impl Sample {
    /// Reads `name{label="value"} 12.5`.
    pub fn parse(line: &str) -> Option<Self> {
        let (series, value) = line.trim().rsplit_once(' ')?;
        let selector = parse_selector(series).ok()?;
        let labels = selector
            .matchers
            .into_iter()
            .map(|Matcher { label, literal, .. }| Some((label, literal?)))
            .collect::<Option<_>>()?;
        Some(Self {
            labels,
            value: value.parse().ok()?,
        })
    }

    pub fn is_selected_by(&self, selector: &Selector) -> bool {
        selector.selects(|label| self.labels.get(label).map(String::as_str))
    }
}

/// `now` is what `timestamp()` gives, in seconds.
pub fn evaluate(expr: &Expr, series: &[Sample], now: f64) -> Result<Value, EvaluateError> {
    Ok(match expr {
        Expr::Number(number) => Value::Scalar(*number),
        Expr::Selector(selector) => Value::Vector(
            series
                .iter()
                .filter(|sample| sample.is_selected_by(selector))
                .cloned()
                .collect(),
        ),
        Expr::Call(name, arguments) => call(name, &all(arguments, series, now)?, now)?,
        Expr::Aggregate(name, arguments, by) => {
            let arguments = all(arguments, series, now)?;
            aggregate(name, vector_of(&arguments), by)?
        }
        Expr::Binary(left, operator, right) => operators::binary(
            evaluate(left, series, now)?,
            operator,
            evaluate(right, series, now)?,
        )?,
    })
}

fn all(arguments: &[Expr], series: &[Sample], now: f64) -> Result<Vec<Value>, EvaluateError> {
    arguments
        .iter()
        .map(|argument| evaluate(argument, series, now))
        .collect()
}

/// The one argument that is a vector.
fn vector_of(arguments: &[Value]) -> &[Sample] {
    arguments
        .iter()
        .find_map(|argument| match argument {
            Value::Vector(samples) => Some(samples.as_slice()),
            Value::Scalar(_) => None,
        })
        .unwrap_or(&[])
}

fn call(name: &str, arguments: &[Value], now: f64) -> Result<Value, EvaluateError> {
    let samples = vector_of(arguments);
    Ok(match name {
        "scalar" => Value::Scalar(match samples {
            [one] => one.value,
            _ => f64::NAN,
        }),
        "vector" => match arguments {
            [Value::Scalar(value)] => Value::Vector(vec![Sample {
                labels: Labels::new(),
                value: *value,
            }]),
            _ => return Err(EvaluateError::Unknown(name.to_owned())),
        },
        "time" => Value::Scalar(now),
        "timestamp" => each(samples, |_| now),
        "ceil" => each(samples, f64::ceil),
        "floor" => each(samples, f64::floor),
        "round" => each(samples, f64::round),
        "abs" => each(samples, f64::abs),
        "histogram_quantile" => quantile(samples),
        "rate" | "irate" | "increase" | "delta" | "deriv" | "clamp_min" | "clamp_max"
        | "avg_over_time" | "max_over_time" | "min_over_time" | "sum_over_time"
        | "last_over_time" => each(samples, |value| value),
        _ => return Err(EvaluateError::Unknown(name.to_owned())),
    })
}

fn each(samples: &[Sample], change: impl Fn(f64) -> f64) -> Value {
    Value::Vector(
        samples
            .iter()
            .map(|sample| Sample {
                labels: without(&sample.labels, NAME),
                value: change(sample.value),
            })
            .collect(),
    )
}

/// The largest bucket's value per group: a number that depends on every label but `le`.
fn quantile(samples: &[Sample]) -> Value {
    let mut groups: Vec<Sample> = Vec::new();
    for sample in samples {
        let labels = without(&without(&sample.labels, NAME), "le");
        match groups.iter_mut().find(|group| group.labels == labels) {
            Some(group) => group.value = group.value.max(sample.value),
            None => groups.push(Sample {
                labels,
                value: sample.value,
            }),
        }
    }
    Value::Vector(groups)
}

fn aggregate(name: &str, samples: &[Sample], by: &[String]) -> Result<Value, EvaluateError> {
    let mut groups: Vec<(Labels, Vec<f64>)> = Vec::new();
    for sample in samples {
        let labels: Labels = by
            .iter()
            .filter_map(|label| Some((label.clone(), sample.labels.get(label)?.clone())))
            .collect();
        match groups.iter_mut().find(|(group, _)| *group == labels) {
            Some((_, values)) => values.push(sample.value),
            None => groups.push((labels, vec![sample.value])),
        }
    }
    let groups = groups.into_iter().map(|(labels, values)| {
        Some(Sample {
            labels,
            value: fold(name, &values)?,
        })
    });
    groups
        .collect::<Option<_>>()
        .map(Value::Vector)
        .ok_or_else(|| EvaluateError::Unknown(name.to_owned()))
}

#[expect(clippy::cast_precision_loss, reason = "nobody scripts 2^53 series")]
fn fold(name: &str, values: &[f64]) -> Option<f64> {
    // Starting at -0 keeps the sign of a single -0, which is what is asked about.
    let sum = values.iter().fold(-0.0, |sum, value| sum + value);
    Some(match name {
        "sum" => sum,
        "avg" => sum / values.len() as f64,
        "count" => values.len() as f64,
        "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "max" | "quantile" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "group" => 1.0,
        _ => return None,
    })
}

fn without(labels: &Labels, label: &str) -> Labels {
    let mut labels = labels.clone();
    labels.remove(label);
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::prometheus::promql::parse;

    fn series() -> Vec<Sample> {
        [
            r#"hits_total{namespace="a",pod="x",code="200"} 3"#,
            r#"hits_total{namespace="a",pod="x",code="500"} 1"#,
            r#"hits_total{namespace="a",pod="y",code="200"} 4"#,
            r#"hits_total{namespace="b",pod="x",code="200"} 100"#,
            r#"limit{namespace="a",pod="x"} 8"#,
            r#"odd{pod="zero"} -0"#,
        ]
        .map(|line| Sample::parse(line).expect(line))
        .into()
    }

    fn answer(query: &str) -> String {
        let expr = parse(query).expect(query);
        match evaluate(&expr, &series(), 7.0).expect(query) {
            Value::Scalar(number) => number.to_string(),
            Value::Vector(samples) => samples
                .iter()
                .map(|sample| {
                    let labels: Vec<_> = sample
                        .labels
                        .iter()
                        .map(|(label, value)| format!("{label}={value}"))
                        .collect();
                    format!("{}:{}", labels.join(","), sample.value)
                })
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn series_are_selected_grouped_and_added() {
        for (query, expected) in [
            (
                r#"sum(rate(hits_total{namespace="a",pod=~"x|y"}[2m])) by (pod)"#,
                "pod=x:4 pod=y:4",
            ),
            (
                "sum by (namespace) (hits_total)",
                "namespace=a:8 namespace=b:100",
            ),
            (r#"sum(hits_total{namespace="a"})"#, ":8"),
            (
                r#"max(hits_total{namespace="a"}) by (pod, missing)"#,
                "pod=x:3 pod=y:4",
            ),
            (
                r#"hits_total{code="500"}"#,
                "__name__=hits_total,code=500,namespace=a,pod=x:1",
            ),
            (
                r#"rate(hits_total{code="500"}[1m])"#,
                "code=500,namespace=a,pod=x:1",
            ),
            (
                r#"sum(hits_total{namespace="a"}) by (namespace,pod) / sum(limit) by (namespace,pod) * 100"#,
                "namespace=a,pod=x:50",
            ),
            (r#"scalar(sum(hits_total{namespace="b"}))"#, "100"),
            ("nothing", ""),
            ("odd", "__name__=odd,pod=zero:-0"),
            ("sum(odd) by (pod)", "pod=zero:-0"),
            ("timestamp(limit)", "namespace=a,pod=x:7"),
        ] {
            assert_eq!(answer(query), expected, "{query}");
        }
    }

    #[test]
    fn a_function_it_does_not_know_is_said() {
        let expr = parse("label_replace(hits_total)").expect("parses");
        assert!(evaluate(&expr, &series(), 0.0).is_err());
    }

    #[test]
    fn a_line_that_is_no_series_is_none() {
        for line in ["hits", "hits{a=~\"b\"} 1", "hits{a=\"b\"} one", ""] {
            assert_eq!(Sample::parse(line), None, "{line}");
        }
    }
}
