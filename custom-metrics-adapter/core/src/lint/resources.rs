//! `resources`: which objects a metric belongs to.

use std::collections::BTreeMap;

use super::{Code, Finding, Subject};
use crate::{ids::GroupResource, resources::Resource, rule::Section};

pub(super) fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = unknown(subject);
    findings.extend(two_labels(subject));
    match subject.rule.section() {
        Section::Rules => {
            findings.extend(none(subject));
            findings.extend(out_of_reach(subject));
            findings.extend(template(subject));
        }
        Section::ExternalRules => findings.extend(no_namespace(subject)),
    }
    findings
}

fn overridden<'a>(subject: &Subject<'a>) -> Vec<(&'a str, &'a Resource)> {
    let overrides = subject.rule.labels().overrides().iter();
    overrides
        .filter_map(|(label, name)| Some((label.as_str(), subject.resources.resolve(name)?)))
        .collect()
}

fn unknown(subject: &Subject<'_>) -> Vec<Finding> {
    let overrides = subject.rule.labels().overrides().iter();
    overrides
        .filter(|(_, name)| subject.resources.resolve(name).is_none())
        .map(|(label, name)| {
            let field = format!("resources.overrides.{label}");
            let what = format!("{name} is no resource that is known here");
            let fix = "write a name of `kubectl api-resources`, no short name; for kinds of the cluster's own, check with --cluster";
            subject.finding(Code::UnknownResource, &field, what, fix)
        })
        .collect()
}

fn two_labels(subject: &Subject<'_>) -> Vec<Finding> {
    let mut labels: BTreeMap<GroupResource, Vec<&str>> = BTreeMap::new();
    for (label, resource) in overridden(subject) {
        labels
            .entry(resource.group_resource())
            .or_default()
            .push(label);
    }
    labels.retain(|_, labels| labels.len() > 1);
    labels
        .into_iter()
        .map(|(resource, labels)| {
            let what = format!("{} all name {resource}", labels.join(", "));
            let fix = "keep one override for each resource";
            subject.finding(Code::TwoLabels, "resources.overrides", what, fix)
        })
        .collect()
}

fn none(subject: &Subject<'_>) -> Option<Finding> {
    let labels = subject.rule.labels();
    (labels.overrides().is_empty() && !labels.has_template()).then(|| {
        let fix = "name the labels of namespaces and pods, as in overrides: {namespace: {resource: namespace}, pod: {resource: pod}}";
        let what = "there are neither overrides nor a template";
        subject.finding(Code::NoResources, "resources", what, fix)
    })
}

pub(super) fn no_namespace(subject: &Subject<'_>) -> Option<Finding> {
    if subject.rule.section() != Section::ExternalRules {
        return None;
    }
    let namespaces = GroupResource::new("", "namespaces");
    let namespaces = subject.resources.resolve(&namespaces)?;
    let labelled = subject
        .rule
        .labels()
        .label_of(namespaces, subject.resources);
    (subject.rule.namespaced() && labelled.is_err()).then(|| {
        let what = "namespaced is not false, and neither an override nor a template names the label of namespaces";
        let fix = "write resources: {overrides: {namespace: {resource: namespace}}}, or namespaced: false where every namespace may read the same";
        subject.finding(Code::NoNamespaceLabel, "resources", what, fix)
    })
}

fn out_of_reach(subject: &Subject<'_>) -> Option<Finding> {
    let overridden = overridden(subject);
    let mut kinds: Vec<String> = overridden
        .iter()
        .filter(|(_, kind)| !kind.namespaced && kind.plural != "namespaces")
        .map(|(_, kind)| kind.group_resource().to_string())
        .collect();
    kinds.dedup();
    let others = overridden.iter().any(|(_, kind)| kind.namespaced);
    (!kinds.is_empty() && !others).then(|| {
        let what = format!(
            "it belongs to {}, which live in no namespace",
            kinds.join(", ")
        );
        let fix = "offer it under externalRules with namespaced: false if an HPA shall read it";
        subject.finding(Code::OutOfReach, "resources.overrides", what, fix)
    })
}

fn template(subject: &Subject<'_>) -> Option<Finding> {
    let template = subject.raw.resources.template.as_str();
    let (what, fix) = if template.contains(".Group") {
        (
            "groups with dots are not recognised in labels, and for core kinds the group is empty: the namespace's label may not be what is expected",
            "name the labels by overrides",
        )
    } else if template.replace(' ', "") == "<<.Resource>>" {
        (
            "any label that is called like a resource becomes one: job, service, node, role, event, …",
            "name the labels by overrides if only some are meant",
        )
    } else {
        return None;
    };
    let what = format!("{template:?}: {what}");
    Some(subject.finding(Code::LabelTemplate, "resources.template", what, fix))
}
