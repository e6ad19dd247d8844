//! Samples → values of an external metric, all or none.
//!
//! An HPA adds the values up, so a row that is left out scales people down.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::namespaces;
use crate::{
    Reason,
    answer::BackendFailure,
    ids::MetricName,
    quantity::Quantity,
    quote::quote,
    sample::{Evaluation, Sample},
};

/// Values of an external metric, ready for [`crate::wire`]. Never without a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub metric: MetricName,
    /// In the order of the query's result.
    pub values: Vec<Value>,
}

/// One row of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// All labels of the sample; none for a scalar.
    pub labels: Option<BTreeMap<String, String>>,
    pub value: Quantity,
    /// The sample's own.
    pub timestamp: Timestamp,
}

/// Turns what Prometheus said into an answer.
pub fn answer(
    metric: &MetricName,
    outcome: Result<&Evaluation, &BackendFailure>,
) -> Result<Answer, Reason> {
    let evaluation = outcome.map_err(|failure| Reason::Backend {
        why: failure.to_string(),
    })?;
    let values = match evaluation {
        Evaluation::Vector(samples) => samples
            .iter()
            .map(|sample| value(sample, Some(&sample.labels)))
            .collect(),
        Evaluation::Scalar(sample) => value(sample, None).map(|value| vec![value]),
        Evaluation::Null => {
            return Err(Reason::UnexpectedResult {
                what: "the provided input did not contain vector query results",
                why: "the query yields null".to_owned(),
            });
        }
        Evaluation::Matrix => {
            return Err(Reason::UnexpectedResult {
                what: "encountered an unexpected query result type",
                why: "the query yields a matrix, neither a vector nor a scalar".to_owned(),
            });
        }
    };
    let no_values = |why: String| Reason::NoValues {
        metric: metric.clone(),
        resource: namespaces(),
        why,
    };
    let values: Vec<Value> = values.map_err(no_values)?;
    if values.is_empty() {
        return Err(no_values("the query returned no samples".to_owned()));
    }
    Ok(Answer {
        metric: metric.clone(),
        values,
    })
}

/// Or what is wrong with the row, as a sentence.
fn value(sample: &Sample, labels: Option<&BTreeMap<String, String>>) -> Result<Value, String> {
    let quantity = Quantity::from_f64(sample.value).map_err(|problem| match labels {
        None => problem.to_string(),
        Some(labels) => format!(
            "in the row {}, {problem}: a sum without it would be false",
            row(labels)
        ),
    })?;
    Ok(Value {
        labels: labels.cloned(),
        value: quantity,
        timestamp: sample.timestamp(),
    })
}

/// `{name="q1",topic="z"}`
fn row(labels: &BTreeMap<String, String>) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={}", quote(value)))
        .collect();
    format!("{{{}}}", labels.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn sample(name: Option<&str>, value: f64) -> Sample {
        let label = name.map(|name| ("name".to_owned(), name.to_owned()));
        Sample {
            labels: label.into_iter().collect(),
            value,
            time: 1_700_000_000.5,
        }
    }

    fn ask(outcome: Result<&Evaluation, &BackendFailure>) -> Result<Vec<String>, (u16, String)> {
        let shown = |value: &Value| {
            let labels = value.labels.as_ref().map_or_else(|| "null".to_owned(), row);
            format!("{labels} {} {}", value.value, value.timestamp)
        };
        let metric = MetricName::new("m").map_err(|error| (0, error.to_string()))?;
        match answer(&metric, outcome) {
            Ok(answer) => Ok(answer.values.iter().map(shown).collect()),
            Err(reason) => Err((reason.code(), reason.message())),
        }
    }

    #[test]
    fn each_row_is_a_value_with_all_its_labels_and_its_own_time() {
        let rows = vec![sample(Some("q2"), 64.1), sample(None, 0.0)];
        assert_eq!(
            ask(Ok(&Evaluation::Vector(rows))).unwrap(),
            [
                r#"{name="q2"} 64099m 2023-11-14T22:13:20.5Z"#,
                "{} 0 2023-11-14T22:13:20.5Z"
            ]
        );
    }

    #[test]
    fn a_scalar_is_one_value_without_labels() {
        let scalar = Evaluation::Scalar(sample(None, 5.0));
        assert_eq!(ask(Ok(&scalar)).unwrap(), ["null 5 2023-11-14T22:13:20.5Z"]);
    }

    #[rstest]
    #[case(Evaluation::Vector(vec![]), 404, "the server could not find the metric m for namespaces: the query returned no samples")]
    #[case(
        Evaluation::Vector(vec![sample(Some("a"), 1.0), sample(Some("b"), f64::NAN)]),
        404,
        r#"the server could not find the metric m for namespaces: in the row {name="b"}, the value is NaN: a sum without it would be false"#
    )]
    #[case(
        Evaluation::Vector(vec![sample(Some("a"), f64::INFINITY)]),
        404,
        r#"the server could not find the metric m for namespaces: in the row {name="a"}, the value is infinite: a sum without it would be false"#
    )]
    #[case(
        Evaluation::Vector(vec![sample(None, 1e13)]),
        404,
        "the server could not find the metric m for namespaces: in the row {}, the value 1e13 is beyond ±9e12, more than an HPA reads correctly: a sum without it would be false"
    )]
    #[case(
        Evaluation::Scalar(sample(None, f64::NAN)),
        404,
        "the server could not find the metric m for namespaces: the value is NaN"
    )]
    #[case(
        Evaluation::Null,
        500,
        "the provided input did not contain vector query results: the query yields null"
    )]
    #[case(
        Evaluation::Matrix,
        500,
        "encountered an unexpected query result type: the query yields a matrix, neither a vector nor a scalar"
    )]
    fn without_all_values_there_is_none(
        #[case] evaluation: Evaluation,
        #[case] code: u16,
        #[case] message: &str,
    ) {
        assert_eq!(
            ask(Ok(&evaluation)).unwrap_err(),
            (code, message.to_owned())
        );
    }

    #[test]
    fn a_backend_failure_is_an_internal_error_with_its_cause() {
        let failure = BackendFailure("connection refused".to_owned());
        let message = "Internal error occurred: unable to fetch metrics: connection refused";
        assert_eq!(ask(Err(&failure)).unwrap_err(), (500, message.to_owned()));
    }
}
