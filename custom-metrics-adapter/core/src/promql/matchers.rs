//! Label matchers as text, and what a query template sees of them.

use std::collections::BTreeMap;

use super::QueryError;
use crate::{
    quote::quote,
    selector::{Operator, Requirement},
    template::Value,
};

/// Label matchers in order, and the same values by label for templates that want them.
#[derive(Debug, Default)]
pub(super) struct Matchers {
    texts: Vec<String>,
    values: BTreeMap<String, Value>,
}

impl Matchers {
    pub(super) fn push(&mut self, label: &str, operator: &str, value: &str) {
        self.texts
            .push(format!("{label}{operator}{}", quote(value)));
        self.values.insert(label.to_owned(), Value::text(value));
    }

    pub(super) fn push_requirement(&mut self, requirement: &Requirement) -> Result<(), QueryError> {
        let operator = match requirement.operator() {
            // Without values, `k!=""` says that the label is there and `k=""` that it is not.
            Operator::Equals | Operator::DoubleEquals | Operator::DoesNotExist => "=",
            Operator::NotEquals | Operator::Exists => "!=",
            Operator::In => "=~",
            Operator::NotIn => "!~",
            operator @ (Operator::GreaterThan | Operator::LessThan) => {
                return Err(QueryError::Operator(operator.symbol()));
            }
        };
        self.push(requirement.key(), operator, &requirement.values().join("|"));
        Ok(())
    }

    /// What a query template sees as `.`
    pub(super) fn into_data(self, series: &str, group_by: &[String]) -> Value {
        Value::Record(vec![
            ("Series", Value::text(series)),
            ("LabelMatchers", Value::Text(self.texts.join(","))),
            ("LabelValuesByName", Value::Map(self.values)),
            ("GroupBy", Value::Text(group_by.join(","))),
            (
                "GroupBySlice",
                Value::List(group_by.iter().map(Value::text).collect()),
            ),
        ])
    }
}
