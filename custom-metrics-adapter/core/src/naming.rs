//! Series name → metric name, and label ↔ resource (`name` and `resources` of a rule).

use regex::Regex;

use crate::{
    config::{RawName, RawResources},
    ids::{GroupResource, InvalidName, MetricName},
    re2,
    resources::{Resource, ResourceMap},
    template::{Template, Value},
};

/// A part of a rule that cannot be used: the field below the rule, what is wrong and what would be right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Flaw {
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) problem: String,
    pub(crate) fix: &'static str,
}

impl Flaw {
    /// The same flaw seen from further out: `resources` becomes `cpu.resources`.
    pub(crate) fn below(mut self, field: &str) -> Self {
        self.field = format!("{field}.{}", self.field);
        self
    }

    pub(crate) fn new(
        field: &str,
        value: &str,
        problem: impl Into<String>,
        fix: &'static str,
    ) -> Self {
        Self {
            field: field.to_owned(),
            value: value.to_owned(),
            problem: problem.into(),
            fix,
        }
    }

    /// The last line of a pattern's error says what is wrong; those above draw a picture of it.
    pub(crate) fn pattern(field: &str, value: &str, error: &regex::Error) -> Self {
        let text = error.to_string();
        let problem = text
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        Self::new(
            field,
            value,
            problem,
            "write a regular expression as Go takes it (RE2)",
        )
    }
}

/// `name`: how the metric of a series is called.
#[derive(Clone, Debug)]
pub struct MetricNaming {
    matches: Regex,
    expansion: String,
}

/// Why a series of a rule has no metric.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoName {
    #[error("series name {series:?} did not match expected pattern {pattern:?}")]
    NoMatch { series: String, pattern: String },
    #[error(transparent)]
    Invalid(#[from] InvalidName),
}

impl MetricNaming {
    pub(crate) fn new(raw: &RawName) -> Result<Self, Flaw> {
        let pattern = if raw.matches.is_empty() {
            ".*"
        } else {
            &raw.matches
        };
        let matches = re2::compile(pattern)
            .map_err(|error| Flaw::pattern("name.matches", pattern, &error))?;
        let groups = matches.captures_len() - 1;
        let expansion = match (raw.expansion.as_str(), groups) {
            ("", 0) => "$0",
            ("", 1) => "$1",
            ("", _) => {
                let problem =
                    format!("must specify an 'as' value, because matches has {groups} groups");
                return Err(Flaw::new(
                    "name.as",
                    "",
                    problem,
                    "write for example as: \"${1}_${2}\"",
                ));
            }
            (expansion, _) => expansion,
        };
        Ok(Self {
            matches,
            expansion: expansion.to_owned(),
        })
    }

    /// The expansion of `as` over the leftmost match, and nothing around it.
    pub fn metric(&self, series: &str) -> Result<MetricName, NoName> {
        let captures = self
            .matches
            .captures(series)
            .ok_or_else(|| NoName::NoMatch {
                series: series.to_owned(),
                pattern: self.matches.as_str().to_owned(),
            })?;
        let mut name = String::new();
        captures.expand(&self.expansion, &mut name);
        Ok(MetricName::new(name)?)
    }
}

/// `resources`: which label names which kind of object. Overrides come before the template.
#[derive(Clone, Debug)]
pub struct LabelMapping {
    overrides: Vec<(String, GroupResource)>,
    template: Option<LabelTemplate>,
}

#[derive(Clone, Debug)]
struct LabelTemplate {
    template: Template,
    /// The template turned round: a label it could have produced.
    pattern: Regex,
}

/// Why a resource has no label.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoLabel {
    #[error(
        "the rule names no label for {0}: neither resources.overrides nor resources.template does"
    )]
    Unmapped(GroupResource),
    #[error("resources.template fails for {resource}: {problem}")]
    Template {
        resource: GroupResource,
        problem: String,
    },
}

impl LabelMapping {
    pub(crate) fn new(raw: &RawResources) -> Result<Self, Flaw> {
        let template = Some(raw.template.as_str()).filter(|template| !template.is_empty());
        Ok(Self {
            overrides: raw.overrides.0.clone(),
            template: template.map(LabelTemplate::new).transpose()?,
        })
    }

    /// Labels and resources named one by one, in the order of the file.
    pub fn overrides(&self) -> &[(String, GroupResource)] {
        &self.overrides
    }

    /// Whether every override names a resource of the cluster.
    pub(crate) fn check_resources(&self, resources: &ResourceMap) -> Result<(), Flaw> {
        for (label, resource) in &self.overrides {
            if resources.resolve(resource).is_none() {
                return Err(Flaw::new(
                    &format!("resources.overrides.{label}"),
                    &resource.to_string(),
                    "the cluster has no such resource",
                    "name a resource as kubectl api-resources lists it, without its short names",
                ));
            }
        }
        Ok(())
    }

    /// Whether labels beyond the overrides may name resources; only the series tell which do.
    pub fn has_template(&self) -> bool {
        self.template.is_some()
    }

    /// The resource that a label's values name, if any.
    pub fn resource_of<'a>(&self, label: &str, resources: &'a ResourceMap) -> Option<&'a Resource> {
        let overridden = self.overrides.iter().find(|(known, _)| known == label);
        match (overridden, &self.template) {
            (Some((_, resource)), _) => resources.resolve(resource),
            (None, Some(template)) => resources.resolve(&template.read(label)?),
            (None, None) => None,
        }
    }

    /// The label whose values name objects of `resource`.
    pub fn label_of(
        &self,
        resource: &Resource,
        resources: &ResourceMap,
    ) -> Result<String, NoLabel> {
        let overridden = self
            .overrides
            .iter()
            .find(|(_, name)| resources.resolve(name) == Some(resource));
        match (overridden, &self.template) {
            (Some((label, _)), _) => Ok(label.clone()),
            (None, Some(template)) => template.write(resource),
            (None, None) => Err(NoLabel::Unmapped(resource.group_resource())),
        }
    }
}

fn label_data(group: &str, resource: &str) -> Value {
    Value::Record(vec![
        ("Group", Value::text(group)),
        ("Resource", Value::text(resource)),
    ])
}

impl LabelTemplate {
    fn new(source: &str) -> Result<Self, Flaw> {
        const FIELD: &str = "resources.template";
        const FIX: &str = "write for example template: \"kube_<<.Resource>>\"";
        let template = Template::parse(source)
            .map_err(|error| Flaw::new(FIELD, source, error.to_string(), FIX))?;
        let pattern = template
            .execute(&label_data("(?P<group>.+?)", "(?P<resource>.+?)"))
            .map_err(|error| Flaw::new(FIELD, source, error, FIX))?;
        let pattern = re2::compile(&format!("^{pattern}$"))
            .map_err(|error| Flaw::pattern(FIELD, source, &error))?;
        if !pattern.capture_names().any(|name| name == Some("resource")) {
            return Err(Flaw::new(
                FIELD,
                source,
                "must include at least <<.Resource>>",
                FIX,
            ));
        }
        Ok(Self { template, pattern })
    }

    fn read(&self, label: &str) -> Option<GroupResource> {
        let captures = self.pattern.captures(label)?;
        let group = captures.name("group").map_or("", |group| group.as_str());
        Some(GroupResource::new(
            group,
            captures.name("resource")?.as_str(),
        ))
    }

    fn write(&self, resource: &Resource) -> Result<String, NoLabel> {
        let failed = |problem: String| NoLabel::Template {
            resource: resource.group_resource(),
            problem,
        };
        let group = resource.group.replace(['.', '-'], "_");
        let label = self
            .template
            .execute(&label_data(&group, &resource.singular))
            .map_err(failed)?;
        if label.is_empty() {
            return Err(failed("it expands to nothing".to_owned()));
        }
        Ok(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use rstest::rstest;

    fn naming(matches: &str, expansion: &str) -> MetricNaming {
        MetricNaming::new(&RawName {
            matches: matches.to_owned(),
            expansion: expansion.to_owned(),
        })
        .unwrap()
    }

    fn mapping(template: &str, overrides: &[(&str, &str)]) -> LabelMapping {
        let overrides = overrides
            .iter()
            .map(|(label, name)| ((*label).to_owned(), GroupResource::parse(name)))
            .collect();
        let raw = RawResources {
            template: template.to_owned(),
            overrides: Overrides(overrides),
            namespaced: None,
        };
        LabelMapping::new(&raw).unwrap()
    }

    #[rstest]
    #[case("", "", "foo_total", "foo_total")]
    #[case("^(.*)_total$", "", "foo_total", "foo")]
    #[case("^(.*)_total$", "${1}_per_second", "foo_total", "foo_per_second")]
    #[case("^(.*)_total", "", "a_total_x", "a")]
    #[case(
        "^http_requests_total$",
        "http_requests_per_second",
        "http_requests_total",
        "http_requests_per_second"
    )]
    #[case("(?P<n>a)b", "${n}x$$y$-$", "zzabzz", "ax$y$-$")]
    #[case("(.)(.)", "$2$1$3", "ab", "ba")]
    fn a_metric_is_named_by_expansion(
        #[case] matches: &str,
        #[case] expansion: &str,
        #[case] series: &str,
        #[case] metric: &str,
    ) {
        assert_eq!(
            naming(matches, expansion).metric(series).unwrap().as_str(),
            metric
        );
    }

    #[rstest]
    #[case("^foo$", "", "bar")]
    #[case("^(.*)_total$", "$1_per_second", "foo_total")]
    #[case(".*", "a/b", "foo")]
    fn a_series_without_a_usable_name_has_none(
        #[case] matches: &str,
        #[case] expansion: &str,
        #[case] series: &str,
    ) {
        assert!(naming(matches, expansion).metric(series).is_err());
    }

    #[rstest]
    #[case("<<.Resource>>", "pod", Some("pods"))]
    #[case("<<.Resource>>", "job", Some("jobs.batch"))]
    #[case("<<.Resource>>", "code", None)]
    #[case("kube_<<.Resource>>", "kube_namespace", Some("namespaces"))]
    #[case("kube_<<.Resource>>", "namespace", None)]
    #[case(
        "kube_<<.Group>>_<<.Resource>>",
        "kube_apps_deployment",
        Some("deployments.apps")
    )]
    #[case("kube_<<.Group>>_<<.Resource>>", "kube__namespace", None)]
    fn a_template_reads_labels(
        #[case] template: &str,
        #[case] label: &str,
        #[case] resource: Option<&str>,
    ) {
        let map = ResourceMap::builtin();
        let found = mapping(template, &[])
            .resource_of(label, &map)
            .map(|found| found.group_resource().to_string());
        assert_eq!(found.as_deref(), resource);
    }

    #[rstest]
    #[case("<<.Resource>>", "deployments", "deployment")]
    #[case("kube_<<.Group>>_<<.Resource>>", "namespaces", "kube__namespace")]
    #[case(
        "kube_<<.Group>>_<<.Resource>>",
        "ingresses",
        "kube_networking_k8s_io_ingress"
    )]
    fn a_template_writes_labels(
        #[case] template: &str,
        #[case] resource: &str,
        #[case] label: &str,
    ) {
        let map = ResourceMap::builtin();
        let resource = map.resolve(&GroupResource::parse(resource)).unwrap();
        assert_eq!(
            mapping(template, &[]).label_of(resource, &map).as_deref(),
            Ok(label)
        );
    }

    #[test]
    fn the_first_override_of_a_resource_wins_and_comes_before_the_template() {
        let map = ResourceMap::builtin();
        let mapping = mapping(
            "<<.Resource>>",
            &[("po", "pod"), ("pod_name", "Pods"), ("pod", "node")],
        );
        let pods = map.resolve(&GroupResource::parse("pods")).unwrap();
        assert_eq!(mapping.label_of(pods, &map).as_deref(), Ok("po"));
        assert_eq!(mapping.resource_of("pod_name", &map), Some(pods));
        assert_eq!(mapping.resource_of("pod", &map).unwrap().kind, "Node");
        assert_eq!(
            mapping.resource_of("namespace", &map).unwrap().kind,
            "Namespace"
        );
    }

    #[test]
    fn a_resource_without_a_label_is_an_error_that_names_it() {
        let map = ResourceMap::builtin();
        let pods = map.resolve(&GroupResource::parse("pods")).unwrap();
        let error = mapping("", &[]).label_of(pods, &map).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the rule names no label for pods")
        );
    }
}
