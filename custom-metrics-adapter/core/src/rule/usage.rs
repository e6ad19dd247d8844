//! `resourceRules`, checked: where cpu and memory of pods and nodes come from.

use std::time::Duration;

use crate::{
    config::{RawResourceRules, RawUsageRule},
    naming::{Flaw, LabelMapping},
    resources::ResourceMap,
    rule::{Place, RuleError, duration::prometheus_duration},
    template::Template,
};

/// What `metrics.k8s.io` is answered from.
#[derive(Clone, Debug)]
pub struct ResourceRules {
    pub cpu: UsageRule,
    pub memory: UsageRule,
    /// Shown as the window of every value; zero when the file names none.
    pub window: Duration,
}

/// One of cpu and memory.
#[derive(Clone, Debug)]
pub struct UsageRule {
    /// Expands to nothing when the file has none: then there is no data.
    pub container_query: Template,
    pub node_query: Template,
    /// Labels of pods, nodes and namespaces.
    pub labels: LabelMapping,
    /// Label that holds a container's name, appended to the grouping of a pod query. Empty when the
    /// file names none; the grouping then ends in a comma, as prometheus-adapter's does.
    pub container_label: String,
}

impl TryFrom<RawResourceRules> for ResourceRules {
    type Error = RuleError;

    fn try_from(raw: RawResourceRules) -> Result<Self, RuleError> {
        Self::check(raw).map_err(|flaw| RuleError::new(Place::ResourceRules, flaw))
    }
}

impl ResourceRules {
    fn check(raw: RawResourceRules) -> Result<Self, Flaw> {
        let usage = |field, raw| UsageRule::new(raw).map_err(|flaw| flaw.below(field));
        let window = match &raw.window {
            None => Duration::ZERO,
            Some(text) => prometheus_duration(text).map_err(|problem| {
                let fix = "write a Prometheus duration such as window: 5m or 1h30m";
                Flaw::new("window", text, problem, fix)
            })?,
        };
        Ok(Self {
            cpu: usage("cpu", raw.cpu)?,
            memory: usage("memory", raw.memory)?,
            window,
        })
    }

    /// Whether every override names a resource of the cluster; prometheus-adapter does not start otherwise.
    pub fn check_resources(&self, resources: &ResourceMap) -> Result<(), RuleError> {
        for (field, rule) in [("cpu", &self.cpu), ("memory", &self.memory)] {
            rule.labels
                .check_resources(resources)
                .map_err(|flaw| RuleError::new(Place::ResourceRules, flaw.below(field)))?;
        }
        Ok(())
    }
}

impl UsageRule {
    fn new(raw: RawUsageRule) -> Result<Self, Flaw> {
        let template = |field, source: &str| {
            let fix = "see the templates of prometheus-adapter's documentation";
            Template::parse(source)
                .map_err(|error| Flaw::new(field, source, error.to_string(), fix))
        };
        Ok(Self {
            container_query: template("containerQuery", &raw.container_query)?,
            node_query: template("nodeQuery", &raw.node_query)?,
            labels: LabelMapping::new(&raw.resources)?,
            container_label: raw.container_label,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn check(yaml: &str) -> Result<ResourceRules, String> {
        let raw: RawResourceRules =
            crate::config::yaml::read(yaml).map_err(|error| error.to_string())?;
        ResourceRules::try_from(raw).map_err(|error| error.to_string())
    }

    #[rstest]
    #[case("{}", 0)]
    #[case("{window: null}", 0)]
    #[case("{window: 0}", 0)]
    #[case("{window: 5m}", 300)]
    #[case("{window: 1h30m}", 5400)]
    fn the_window_is_a_prometheus_duration(#[case] yaml: &str, #[case] seconds: u64) {
        assert_eq!(check(yaml).unwrap().window, Duration::from_secs(seconds));
    }

    #[rstest]
    #[case(
        "{window: 5}",
        r#"resourceRules.window: "5": not a valid duration string; write a Prometheus duration such as window: 5m or 1h30m"#
    )]
    #[case(
        "{window: ''}",
        r#"resourceRules.window: "": empty duration string; write a Prometheus duration such as window: 5m or 1h30m"#
    )]
    #[case(
        "{memory: {resources: {template: pod}}}",
        r#"resourceRules.memory.resources.template: "pod": must include at least <<.Resource>>; write for example template: "kube_<<.Resource>>""#
    )]
    #[case(
        "{cpu: {nodeQuery: 'a<<'}}",
        r#"resourceRules.cpu.nodeQuery: "a<<": line 1, column 2: this action is not closed by >>; see the templates of prometheus-adapter's documentation"#
    )]
    fn an_error_names_the_field_the_value_and_a_fix(#[case] yaml: &str, #[case] message: &str) {
        assert_eq!(check(yaml).unwrap_err(), message);
    }
}
