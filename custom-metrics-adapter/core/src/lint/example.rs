//! A rule's template expanded for made-up objects.

use crate::{
    ids::{Namespace, ObjectName},
    promql::{self, Subject as Question},
    resources::{Resource, ResourceMap},
    rule::{Rule, Section},
    selector::Selector,
};

/// Namespace of the made-up objects.
pub(super) const NAMESPACE: &str = "example-namespace";
/// Begins the names of the made-up objects.
pub(super) const OBJECT: &str = "example-";
/// Series that stands for all of a rule that names none.
pub(super) const SERIES: &str = "example_series";

/// A query as it would be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Example {
    /// Plural and group of the described objects; none for an external metric.
    pub resource: Option<String>,
    /// The label of the result that names the object; empty for an external metric.
    pub object_label: String,
    /// Or why there is none.
    pub query: Result<String, String>,
}

/// One query for each resource of the rule, pods for one that only has a template, and one for an
/// external rule.
pub fn examples(rule: &Rule, series: &str, resources: &ResourceMap) -> Vec<Example> {
    expand(rule, series, resources, &Selector::default())
}

pub(super) fn expand(
    rule: &Rule,
    series: &str,
    resources: &ResourceMap,
    selector: &Selector,
) -> Vec<Example> {
    match rule.section() {
        Section::ExternalRules => vec![external(rule, series, resources, selector)],
        Section::Rules => kinds(rule, resources)
            .into_iter()
            .map(|kind| custom(rule, series, kind, resources, selector))
            .collect(),
    }
}

/// Resources of the rule. Nearly every rule has namespaces only to confine its query, so they count
/// where there is nothing else.
pub(super) fn kinds<'a>(rule: &Rule, resources: &'a ResourceMap) -> Vec<&'a Resource> {
    let mut kinds: Vec<&Resource> = vec![];
    let overrides = rule.labels().overrides().iter();
    for kind in overrides.filter_map(|(_, name)| resources.resolve(name)) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.len() > 1 || rule.labels().has_template() {
        kinds.retain(|kind| kind.plural != "namespaces");
    }
    if kinds.is_empty() && rule.labels().has_template() {
        kinds.extend(resources.iter().find(|kind| kind.plural == "pods"));
    }
    kinds
}

fn custom(
    rule: &Rule,
    series: &str,
    kind: &Resource,
    resources: &ResourceMap,
    selector: &Selector,
) -> Example {
    let names = if kind.plural == "pods" {
        ["a", "b"].as_slice()
    } else {
        &["a"]
    };
    let names: Vec<ObjectName> = names
        .iter()
        .filter_map(|end| ObjectName::new(format!("{OBJECT}{}-{end}", kind.singular)).ok())
        .collect();
    let namespace = Namespace::new(NAMESPACE)
        .ok()
        .filter(|_| kind.described_in_namespace());
    let question = Question {
        series,
        resource: kind,
        namespace: namespace.as_ref(),
        names: &names,
        metric_selector: selector,
    };
    let query = promql::query(rule, &question, resources);
    Example {
        resource: Some(kind.group_resource().to_string()),
        object_label: query
            .as_ref()
            .map(|query| query.object_label.clone())
            .unwrap_or_default(),
        query: query
            .map(|query| query.text)
            .map_err(|error| error.to_string()),
    }
}

/// An external rule is asked for its namespace's rows.
fn external(rule: &Rule, series: &str, resources: &ResourceMap, selector: &Selector) -> Example {
    let query = match Namespace::new(NAMESPACE) {
        Ok(namespace) => {
            let query = promql::external_query(rule, series, &namespace, selector, resources);
            query.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    Example {
        resource: None,
        object_label: String::new(),
        query,
    }
}

/// The query of an external rule about every namespace.
///
/// # Errors
/// Says, for people, why there is none.
pub fn external_everywhere(
    rule: &Rule,
    series: &str,
    resources: &ResourceMap,
) -> Result<String, String> {
    let query = external(rule, series, resources, &Selector::default()).query?;
    Ok(query.replace(&format!("=\"{NAMESPACE}\""), "=~\".+\""))
}
