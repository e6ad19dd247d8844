//! Prometheus' JSON → typed results or a reason.

use std::collections::BTreeMap;

use custom_metrics_core::sample::{Evaluation, Sample};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};

/// Body of every API answer. Unknown fields are Prometheus' own business.
#[derive(Debug, Deserialize)]
pub struct Envelope<T> {
    status: String,
    #[serde(rename = "errorType", default)]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default = "Vec::new")]
    warnings: Vec<String>,
    data: Option<T>,
}

/// Result of an instant query.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum QueryResult {
    Vector(Option<Vec<Element>>),
    Scalar(Point),
    Matrix(serde::de::IgnoredAny),
    String(serde::de::IgnoredAny),
}

/// One series of a vector. A native histogram has no `value` and so is no number for us.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Element {
    metric: BTreeMap<String, String>,
    value: Option<Point>,
}

/// `[unix seconds, "number"]`.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Point(f64, #[serde(deserialize_with = "number")] f64);

/// Why a body holds no usable result.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    #[error("not the JSON of Prometheus: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{error_type}: {error}")]
    Refused { error_type: String, error: String },
    #[error("a success without data")]
    NoData,
    #[error("the answer is partial: {0}")]
    Partial(String),
    #[error("the query yields a string, not numbers")]
    String,
    #[error("the query yields native histograms, not numbers")]
    Histogram,
}

/// Opens the envelope.
///
/// # Errors
/// Prometheus' own error, or what is wrong with the body. A warning of the backend means that
/// data may be missing (remote reads, Thanos stores), which is an error too: fewer rows would be
/// a false answer. Annotations of the query language are no such warnings.
pub fn open<T: DeserializeOwned>(body: &[u8]) -> Result<T, ResponseError> {
    let envelope: Envelope<T> = serde_json::from_slice(body)?;
    if envelope.status != "success" {
        return Err(ResponseError::Refused {
            error_type: envelope.error_type,
            error: envelope.error,
        });
    }
    let partial = envelope
        .warnings
        .into_iter()
        .find(|warning| !warning.starts_with("PromQL "));
    if let Some(warning) = partial {
        return Err(ResponseError::Partial(warning));
    }
    envelope.data.ok_or(ResponseError::NoData)
}

impl QueryResult {
    /// # Errors
    /// When it holds what is no number.
    pub fn into_evaluation(self) -> Result<Evaluation, ResponseError> {
        match self {
            Self::Vector(None) => Ok(Evaluation::Null),
            Self::Vector(Some(elements)) => {
                let samples = elements.into_iter().map(Element::into_sample);
                Ok(Evaluation::Vector(samples.collect::<Result<_, _>>()?))
            }
            Self::Scalar(Point(time, value)) => Ok(Evaluation::Scalar(Sample {
                labels: BTreeMap::new(),
                value,
                time,
            })),
            Self::Matrix(_) => Ok(Evaluation::Matrix),
            Self::String(_) => Err(ResponseError::String),
        }
    }
}

impl Element {
    fn into_sample(self) -> Result<Sample, ResponseError> {
        let Point(time, value) = self.value.ok_or(ResponseError::Histogram)?;
        Ok(Sample {
            labels: self.metric,
            value,
            time,
        })
    }
}

/// Prometheus writes numbers as strings: `"1.5"`, `"NaN"`, `"+Inf"`.
fn number<'de, D: serde::Deserializer<'de>>(source: D) -> Result<f64, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(source)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("{text:?} is no number")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evaluation(body: &str) -> Result<Evaluation, String> {
        open::<QueryResult>(body.as_bytes())
            .and_then(QueryResult::into_evaluation)
            .map_err(|error| error.to_string())
    }

    fn samples(body: &str) -> Result<Vec<Sample>, String> {
        let evaluation = evaluation(body)?;
        let vector = evaluation.vector().map_err(|error| error.to_string())?;
        Ok(vector.to_vec())
    }

    #[test]
    fn a_scalar_is_a_sample_without_labels_and_a_matrix_is_known_as_one() {
        let result = |data: &str| evaluation(&format!(r#"{{"status":"success","data":{data}}}"#));
        let scalar = Sample {
            labels: BTreeMap::new(),
            value: 2.0,
            time: 1.5,
        };
        assert_eq!(
            result(r#"{"resultType":"scalar","result":[1.5,"2"]}"#),
            Ok(Evaluation::Scalar(scalar))
        );
        assert_eq!(
            result(r#"{"resultType":"vector","result":null}"#),
            Ok(Evaluation::Null)
        );
        assert_eq!(
            result(r#"{"resultType":"matrix","result":[]}"#),
            Ok(Evaluation::Matrix)
        );
    }

    #[test]
    fn a_vector_is_read_with_its_labels() {
        let body = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"pod":"a"},"value":[1700000000.5,"12.5"]},
            {"metric":{"pod":"b"},"value":[1700000000.5,"+Inf"]}]},"infos":["PromQL info: x"]}"#;
        let samples = samples(body).unwrap();
        assert_eq!(samples[0].labels["pod"], "a");
        assert!((samples[0].value - 12.5).abs() < f64::EPSILON);
        assert!(samples[1].value.is_infinite());
    }

    #[test]
    fn an_annotation_is_no_warning_but_a_missing_store_is_one() {
        let with = |warning: &str| {
            samples(&format!(
                r#"{{"status":"success","warnings":["{warning}"],"data":{{"resultType":"vector","result":[]}}}}"#
            ))
        };
        assert_eq!(
            with("PromQL warning: metric might not be a counter").unwrap(),
            []
        );
        assert_eq!(
            with("store 1 unavailable").unwrap_err(),
            "the answer is partial: store 1 unavailable"
        );
    }

    #[test]
    fn what_is_no_vector_of_numbers_is_refused() {
        let refused =
            |data: &str| samples(&format!(r#"{{"status":"success","data":{data}}}"#)).unwrap_err();
        insta::assert_snapshot!(refused(r#"{"resultType":"scalar","result":[1,"2"]}"#), @"the query yields a scalar, not a vector");
        insta::assert_snapshot!(refused(r#"{"resultType":"matrix","result":[]}"#), @"the query yields a matrix, not a vector");
        insta::assert_snapshot!(refused(r#"{"resultType":"string","result":[1,"a"]}"#), @"the query yields a string, not numbers");
        insta::assert_snapshot!(refused(r#"{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}"#), @"the query yields native histograms, not numbers");
        insta::assert_snapshot!(refused("null"), @"a success without data");
    }

    #[test]
    fn prometheus_own_error_is_handed_on() {
        let body = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
        assert_eq!(samples(body).unwrap_err(), "bad_data: parse error");
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = open::<QueryResult>(&body).map(QueryResult::into_evaluation);
        }
    }
}
