//! From a rule and a question to query text. Text is part of the contract: people look
//! for it in logs and caches.

use std::collections::BTreeMap;

use crate::{
    ids::{GroupResource, Namespace, ObjectName},
    naming::NoLabel,
    quote::quote,
    resources::{Resource, ResourceMap},
    rule::Rule,
    selector::{Operator, Requirement, Selector},
    template::Value,
};

/// What the query is to be about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Prometheus series behind the metric.
    pub series: &'a str,
    pub resource: &'a Resource,
    pub namespace: Option<&'a Namespace>,
    /// At least one.
    pub names: &'a [ObjectName],
    pub metric_selector: &'a Selector,
}

/// A query and how to read its result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Query {
    pub text: String,
    /// The label of the result that holds the object's name.
    pub object_label: String,
}

/// Why there is no query.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QueryError {
    #[error("no objects match")]
    NoNames,
    #[error(transparent)]
    NoLabel(#[from] NoLabel),
    #[error("the metric selector's operator {0:?} is not supported by Prometheus")]
    Operator(&'static str),
    #[error("the rule's metricsQuery fails: {0}")]
    Template(String),
    #[error("the rule's metricsQuery expands to nothing")]
    Empty,
}

/// Expands the rule's `metricsQuery`.
///
/// Matchers stand in a fixed order: the metric selector by key, the namespace, the objects. Values are quoted
/// but not escaped as patterns: a `.` in a name matches more than the name, and surplus samples are dropped
/// when the answer is made.
pub fn query(
    rule: &Rule,
    subject: &Subject<'_>,
    resources: &ResourceMap,
) -> Result<Query, QueryError> {
    let Subject {
        series,
        resource,
        namespace,
        names,
        metric_selector,
    } = *subject;
    if names.is_empty() {
        return Err(QueryError::NoNames);
    }
    let mut matchers = Matchers::default();
    for requirement in metric_selector.requirements() {
        matchers.push_requirement(requirement)?;
    }
    if let Some(namespace) = namespace {
        let kind = GroupResource::new("", "namespaces");
        let kind = resources.resolve(&kind).ok_or(NoLabel::Unmapped(kind))?;
        let label = rule.labels().label_of(kind, resources)?;
        matchers.push(&label, "=", namespace.as_str());
    }
    let object_label = rule.labels().label_of(resource, resources)?;
    let names: Vec<&str> = names.iter().map(ObjectName::as_str).collect();
    let operator = if names.len() == 1 { "=" } else { "=~" };
    matchers.push(&object_label, operator, &names.join("|"));

    let data = matchers.into_data(series, std::slice::from_ref(&object_label));
    let text = rule.query().execute(&data).map_err(QueryError::Template)?;
    if text.is_empty() {
        return Err(QueryError::Empty);
    }
    Ok(Query { text, object_label })
}

/// Label matchers in order, and the same values by label for templates that want them.
#[derive(Debug, Default)]
struct Matchers {
    texts: Vec<String>,
    values: BTreeMap<String, Value>,
}

impl Matchers {
    fn push(&mut self, label: &str, operator: &str, value: &str) {
        self.texts
            .push(format!("{label}{operator}{}", quote(value)));
        self.values.insert(label.to_owned(), Value::text(value));
    }

    fn push_requirement(&mut self, requirement: &Requirement) -> Result<(), QueryError> {
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

    /// What `metricsQuery` sees as `.`
    fn into_data(self, series: &str, group_by: &[String]) -> Value {
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
