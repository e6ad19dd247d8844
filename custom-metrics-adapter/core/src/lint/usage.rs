//! `resourceRules`: cpu and memory of containers and nodes.

use super::{
    Code, Finding, Severity, example::Example, example::NAMESPACE, example::OBJECT, query,
};
use crate::{
    ids::{Namespace, ObjectName},
    promql::{self, QueryError},
    resources::ResourceMap,
    rule::{Place, ResourceRules, UsageRule},
};

/// Queries for made-up pods and nodes: `cpu`, then `memory`.
pub fn usage_examples(
    rules: &ResourceRules,
    resources: &ResourceMap,
) -> [(&'static str, Vec<Example>); 2] {
    [
        ("cpu", examples(&rules.cpu, resources)),
        ("memory", examples(&rules.memory, resources)),
    ]
}

fn examples(rule: &UsageRule, resources: &ResourceMap) -> Vec<Example> {
    let names = |kind: &str| -> Vec<ObjectName> {
        let name = ObjectName::new(format!("{OBJECT}{kind}-a"));
        name.into_iter().collect()
    };
    let example = |kind: &str, query: Result<promql::Query, QueryError>| {
        let object_label = query.as_ref().map(|query| query.object_label.clone());
        Example {
            resource: Some(kind.to_owned()),
            object_label: object_label.unwrap_or_default(),
            query: query
                .map(|query| query.text)
                .map_err(|error| error.to_string()),
        }
    };
    let mut examples = vec![];
    if let Ok(namespace) = Namespace::new(NAMESPACE) {
        let query = promql::container_query(rule, &namespace, &names("pod"), resources);
        examples.push(example("pods", query));
    }
    let query = promql::node_query(rule, &names("node"), resources);
    examples.push(example("nodes", query));
    examples
}

/// What is wrong with them.
pub fn usage(rules: &ResourceRules, resources: &ResourceMap) -> Vec<Finding> {
    let mut findings = vec![];
    for (name, examples) in usage_examples(rules, resources) {
        let rule = if name == "cpu" {
            &rules.cpu
        } else {
            &rules.memory
        };
        for example in examples {
            let pods = example.resource.as_deref() == Some("pods");
            let query = if pods { "containerQuery" } else { "nodeQuery" };
            findings.extend(one(&format!("{name}.{query}"), &example));
            if pods && rule.container_label.is_empty() {
                let what = "there is no containerLabel, so containers cannot be told apart";
                let fix =
                    "write the label that holds the container's name: containerLabel: container";
                let field = format!("{name}.containerLabel");
                findings.push(Finding::new(
                    Code::LostLabel,
                    Place::ResourceRules,
                    &field,
                    what,
                    fix,
                ));
            }
        }
    }
    findings
}

fn one(field: &str, example: &Example) -> Vec<Finding> {
    let new =
        |code, what: String, fix: &str| Finding::new(code, Place::ResourceRules, field, what, fix);
    let text = match &example.query {
        Ok(text) => text,
        Err(problem) => {
            let fix = "fine where nobody asks for these; else see the resource rules of prometheus-adapter's documentation";
            let finding = new(Code::NoQuery, problem.clone(), fix);
            return vec![finding.with_severity(Severity::Warning)];
        }
    };
    let outermost = query::read(text).aggregations;
    let lost = outermost
        .iter()
        .filter(|one| one.outermost && !one.keeps(&example.object_label));
    lost.map(|one| {
        let what = format!("{} drops the label {}", one.operator, example.object_label);
        new(Code::LostLabel, what, "group by (<<.GroupBy>>)")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lint(cpu: &str) -> Vec<String> {
        const GOOD: &str = "{containerQuery: 'sum(m{<<.LabelMatchers>>}) by (<<.GroupBy>>)', nodeQuery: 'sum(m{<<.LabelMatchers>>}) by (<<.GroupBy>>)', \
                            resources: {overrides: {node: {resource: node}, namespace: {resource: namespace}, pod: {resource: pod}}}, containerLabel: container}";
        let cpu = if cpu.is_empty() { GOOD } else { cpu };
        let raw = serde_saphyr::from_str::<crate::config::Config>(&format!(
            "resourceRules: {{cpu: {cpu}, memory: {GOOD}}}"
        ));
        let rules = ResourceRules::try_from(raw.unwrap().resource_rules.unwrap()).unwrap();
        let findings = usage(&rules, &ResourceMap::builtin()).into_iter();
        findings
            .map(|finding| format!("{} {}", finding.id, finding.field))
            .collect()
    }

    #[test]
    fn good_ones_have_no_finding() {
        assert_eq!(lint(""), Vec::<String>::new());
    }

    #[test]
    fn a_missing_query_and_lost_labels_are_told() {
        let cpu = "{containerQuery: 'sum(m{<<.LabelMatchers>>})', resources: {overrides: {node: {resource: node}, namespace: {resource: namespace}, pod: {resource: pod}}}}";
        assert_eq!(
            lint(cpu),
            [
                "CM004 cpu.containerQuery",
                "CM004 cpu.containerLabel",
                "CM016 cpu.nodeQuery"
            ]
        );
    }
}
