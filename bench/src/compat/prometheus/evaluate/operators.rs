//! Operators between numbers and vectors.

use super::{EvaluateError, Labels, NAME, Sample, Value, without};

pub fn binary(left: Value, operator: &str, right: Value) -> Result<Value, EvaluateError> {
    let unknown = || EvaluateError::Unknown(operator.to_owned());
    Ok(match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => {
            Value::Scalar(apply(a, operator, b).flatten_scalar().ok_or_else(unknown)?)
        }
        (Value::Vector(samples), Value::Scalar(b)) => {
            filtered(samples, |_, a| Some(apply(a, operator, b)))
        }
        (Value::Scalar(a), Value::Vector(samples)) => {
            filtered(samples, |_, b| Some(apply(a, operator, b)))
        }
        (Value::Vector(samples), Value::Vector(others)) if operator == "or" => {
            let more: Vec<Sample> = others
                .into_iter()
                .filter(|other| samples.iter().all(|sample| !same(sample, &other.labels)))
                .collect();
            Value::Vector(samples.into_iter().chain(more).collect())
        }
        (Value::Vector(samples), Value::Vector(others)) => filtered(samples, |labels, a| {
            let other = others.iter().find(|other| same(other, labels));
            match (operator, other) {
                ("unless", None) | ("and", Some(_)) => Some(Applied::Value(a)),
                ("unless" | "and", _) | (_, None) => None,
                (_, Some(other)) => Some(apply(a, operator, other.value)),
            }
        }),
    })
}

/// What an operator makes of two numbers.
enum Applied {
    Value(f64),
    /// A comparison that does not hold: the sample is gone.
    Gone,
    Unknown,
}

impl Applied {
    fn flatten_scalar(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Gone => Some(0.0),
            Self::Unknown => None,
        }
    }
}

fn apply(a: f64, operator: &str, b: f64) -> Applied {
    let keep = |holds: bool| {
        if holds {
            Applied::Value(a)
        } else {
            Applied::Gone
        }
    };
    match operator {
        "+" => Applied::Value(a + b),
        "-" => Applied::Value(a - b),
        "*" => Applied::Value(a * b),
        "/" => Applied::Value(a / b),
        "%" => Applied::Value(a % b),
        "^" => Applied::Value(a.powf(b)),
        "<" => keep(a < b),
        ">" => keep(a > b),
        "<=" => keep(a <= b),
        ">=" => keep(a >= b),
        #[expect(clippy::float_cmp, reason = "that is what the operator does")]
        "==" => keep(a == b),
        #[expect(clippy::float_cmp, reason = "that is what the operator does")]
        "!=" => keep(a != b),
        _ => Applied::Unknown,
    }
}

fn filtered(samples: Vec<Sample>, change: impl Fn(&Labels, f64) -> Option<Applied>) -> Value {
    Value::Vector(
        samples
            .into_iter()
            .filter_map(|sample| match change(&sample.labels, sample.value)? {
                Applied::Value(value) => Some(Sample {
                    labels: without(&sample.labels, NAME),
                    value,
                }),
                Applied::Gone | Applied::Unknown => None,
            })
            .collect(),
    )
}

fn same(sample: &Sample, labels: &Labels) -> bool {
    without(&sample.labels, NAME) == without(labels, NAME)
}
