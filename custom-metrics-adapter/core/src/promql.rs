//! From a rule and a question to query text. Text is part of the contract: people look
//! for it in logs and caches.
//!
//! Matchers stand in a fixed order: the selector by key, the namespace, the objects. Values are quoted
//! but not escaped as patterns: a `.` in a name matches more than the name, and surplus samples are
//! dropped when the answer is made.

mod matchers;

use crate::{
    ids::{GroupResource, Namespace, ObjectName},
    naming::{LabelMapping, NoLabel},
    resources::{Resource, ResourceMap},
    rule::{Rule, UsageRule},
    selector::Selector,
    template::{Template, Value},
};

use matchers::Matchers;

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
    #[error("the rule's {field} fails: {problem}")]
    Template {
        field: &'static str,
        problem: String,
    },
    #[error("the rule's {0} expands to nothing")]
    Empty(&'static str),
}

/// The query of a custom metric: `metricsQuery`, grouped by the label of the described resource.
pub fn query(
    rule: &Rule,
    subject: &Subject<'_>,
    resources: &ResourceMap,
) -> Result<Query, QueryError> {
    let mut matchers = Matchers::default();
    for requirement in subject.metric_selector.requirements() {
        matchers.push_requirement(requirement)?;
    }
    let described = Described {
        resource: subject.resource,
        namespace: subject.namespace,
        names: subject.names,
    };
    let object_label = described.push_to(&mut matchers, rule.labels(), resources)?;
    let data = matchers.into_data(subject.series, std::slice::from_ref(&object_label));
    let text = expand(rule.query(), "metricsQuery", &data)?;
    Ok(Query { text, object_label })
}

/// The query of an external metric, confined to `namespace` unless the rule says `namespaced: false`.
/// It is grouped by nothing: its rule knows its labels.
pub fn external_query(
    rule: &Rule,
    series: &str,
    namespace: &Namespace,
    selector: &Selector,
    resources: &ResourceMap,
) -> Result<String, QueryError> {
    let mut matchers = Matchers::default();
    for requirement in selector.requirements() {
        matchers.push_requirement(requirement)?;
    }
    if rule.namespaced() {
        push_namespace(&mut matchers, namespace, rule.labels(), resources)?;
    }
    let data = matchers.into_data(series, &[]);
    expand(rule.query(), "metricsQuery", &data)
}

/// The query for the containers of pods, grouped by pod and container.
pub fn container_query(
    rule: &UsageRule,
    namespace: &Namespace,
    pods: &[ObjectName],
    resources: &ResourceMap,
) -> Result<Query, QueryError> {
    let mut matchers = Matchers::default();
    let described = Described {
        resource: core_resource("pods", resources)?,
        namespace: Some(namespace),
        names: pods,
    };
    let object_label = described.push_to(&mut matchers, &rule.labels, resources)?;
    let group_by = [object_label.clone(), rule.container_label.clone()];
    let data = matchers.into_data("", &group_by);
    let text = expand(&rule.container_query, "containerQuery", &data)?;
    Ok(Query { text, object_label })
}

/// The query for nodes, grouped by node.
pub fn node_query(
    rule: &UsageRule,
    nodes: &[ObjectName],
    resources: &ResourceMap,
) -> Result<Query, QueryError> {
    let mut matchers = Matchers::default();
    let described = Described {
        resource: core_resource("nodes", resources)?,
        namespace: None,
        names: nodes,
    };
    let object_label = described.push_to(&mut matchers, &rule.labels, resources)?;
    let data = matchers.into_data("", std::slice::from_ref(&object_label));
    let text = expand(&rule.node_query, "nodeQuery", &data)?;
    Ok(Query { text, object_label })
}

/// The objects a query is confined to.
struct Described<'a> {
    resource: &'a Resource,
    namespace: Option<&'a Namespace>,
    names: &'a [ObjectName],
}

impl Described<'_> {
    /// Gives back the label that holds an object's name.
    fn push_to(
        &self,
        matchers: &mut Matchers,
        labels: &LabelMapping,
        resources: &ResourceMap,
    ) -> Result<String, QueryError> {
        if self.names.is_empty() {
            return Err(QueryError::NoNames);
        }
        if let Some(namespace) = self.namespace {
            push_namespace(matchers, namespace, labels, resources)?;
        }
        let label = labels.label_of(self.resource, resources)?;
        let names: Vec<&str> = self.names.iter().map(ObjectName::as_str).collect();
        let operator = if names.len() == 1 { "=" } else { "=~" };
        matchers.push(&label, operator, &names.join("|"));
        Ok(label)
    }
}

fn push_namespace(
    matchers: &mut Matchers,
    namespace: &Namespace,
    labels: &LabelMapping,
    resources: &ResourceMap,
) -> Result<(), QueryError> {
    let label = labels.label_of(core_resource("namespaces", resources)?, resources)?;
    matchers.push(&label, "=", namespace.as_str());
    Ok(())
}

fn core_resource<'a>(plural: &str, resources: &'a ResourceMap) -> Result<&'a Resource, NoLabel> {
    let name = GroupResource::new("", plural);
    resources.resolve(&name).ok_or(NoLabel::Unmapped(name))
}

fn expand(template: &Template, field: &'static str, data: &Value) -> Result<String, QueryError> {
    match template.execute(data) {
        Ok(text) if text.is_empty() => Err(QueryError::Empty(field)),
        Ok(text) => Ok(text),
        Err(problem) => Err(QueryError::Template { field, problem }),
    }
}
