//! The shapes of prometheus-adapter's configuration file.
//!
//! Only shapes: [`yaml`] reads the text into [`Config`], then [`crate::rule::RuleSet`] checks what it means.
//! Unknown keys are errors and `null` is the same as nothing, as in the strict Go decoder.

pub mod yaml;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

use self::yaml::YamlError;
use crate::ids::GroupResource;

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// Rules of `custom.metrics.k8s.io`.
    #[serde(deserialize_with = "null_is_default")]
    pub rules: Vec<RawRule>,
    /// Rules of `external.metrics.k8s.io`.
    #[serde(deserialize_with = "null_is_default")]
    pub external_rules: Vec<RawRule>,
    /// `metrics.k8s.io`, served when the key is present, even empty.
    pub resource_rules: Option<RawResourceRules>,
}

impl Config {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Names the line, the place and what would be right.
    pub fn from_yaml(text: &str) -> Result<Self, YamlError> {
        yaml::read(text)
    }
}

/// One entry of `rules` or `externalRules`, unchecked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawRule {
    /// Selector sent as `match[]` of `/api/v1/series`, never trimmed.
    #[serde(deserialize_with = "null_is_default")]
    pub series_query: String,
    /// All must pass.
    #[serde(deserialize_with = "null_is_default")]
    pub series_filters: Vec<RawFilter>,
    #[serde(deserialize_with = "null_is_default")]
    pub resources: RawResources,
    #[serde(deserialize_with = "null_is_default")]
    pub name: RawName,
    /// Go template of the query.
    #[serde(deserialize_with = "null_is_default")]
    pub metrics_query: String,
}

/// `{is: REGEX}` or `{isNot: REGEX}`, unanchored, on the series name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawFilter {
    #[serde(deserialize_with = "null_is_default")]
    pub is: String,
    #[serde(deserialize_with = "null_is_default")]
    pub is_not: String,
}

/// Which labels name which Kubernetes resources.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawResources {
    /// Go template of a label name over `.Group` and `.Resource`.
    #[serde(deserialize_with = "null_is_default")]
    pub template: String,
    #[serde(deserialize_with = "null_is_default")]
    pub overrides: Overrides,
    /// Only external rules look at it; absent means true.
    pub namespaced: Option<bool>,
}

/// How a series name becomes the name of a metric.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawName {
    #[serde(deserialize_with = "null_is_default")]
    pub matches: String,
    #[serde(rename = "as", deserialize_with = "null_is_default")]
    pub expansion: String,
}

/// `resourceRules`, unchecked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawResourceRules {
    #[serde(deserialize_with = "null_is_default")]
    pub cpu: RawUsageRule,
    #[serde(deserialize_with = "null_is_default")]
    pub memory: RawUsageRule,
    /// A Prometheus duration such as `5m`.
    pub window: Option<String>,
}

/// One of `cpu` and `memory`, unchecked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawUsageRule {
    #[serde(deserialize_with = "null_is_default")]
    pub container_query: String,
    #[serde(deserialize_with = "null_is_default")]
    pub node_query: String,
    #[serde(deserialize_with = "null_is_default")]
    pub resources: RawResources,
    #[serde(deserialize_with = "null_is_default")]
    pub container_label: String,
}

/// Label → resource, in the order of the file: where two labels name one resource, the first one counts.
/// (prometheus-adapter picks one at random at each start.)
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(pub Vec<(String, GroupResource)>);

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawGroupResource {
    #[serde(deserialize_with = "null_is_default")]
    group: String,
    #[serde(deserialize_with = "null_is_default")]
    resource: String,
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Overrides;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a map from label names to {group, resource}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Overrides, A::Error> {
                let mut overrides: Vec<(String, GroupResource)> = vec![];
                while let Some((label, target)) = map.next_entry::<String, RawGroupResource>()? {
                    if overrides.iter().any(|(known, _)| *known == label) {
                        return Err(A::Error::custom(format_args!("duplicate label {label:?}")));
                    }
                    overrides.push((label, GroupResource::new(target.group, target.resource)));
                }
                Ok(Overrides(overrides))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Config, String> {
        Config::from_yaml(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_of_the_format_is_read() {
        let config = read(
            r#"
rules:
- seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
  seriesFilters: [{is: a}, {isNot: b}]
  resources:
    template: <<.Resource>>
    namespaced: no
    overrides:
      zone: {group: apps, resource: deployment}
      pod: {resource: pod}
  name: {matches: "^(.*)_total$", as: "${1}_per_second"}
  metricsQuery: |
    sum(<<.Series>>{<<.LabelMatchers>>})
externalRules: null
resourceRules:
  cpu: {containerQuery: a, nodeQuery: b, containerLabel: container, resources: {}}
  memory:
  window: 5m
"#,
        )
        .unwrap();
        let rule = &config.rules[0];
        assert_eq!(
            rule.series_query,
            r#"http_requests_total{namespace!="",pod!=""}"#
        );
        assert_eq!(rule.series_filters[1].is_not, "b");
        assert_eq!(rule.resources.template, "<<.Resource>>");
        let expected = [
            ("zone".to_owned(), GroupResource::new("apps", "deployment")),
            ("pod".to_owned(), GroupResource::new("", "pod")),
        ];
        assert_eq!(rule.resources.overrides.0, expected);
        assert_eq!(rule.resources.namespaced, Some(false));
        assert_eq!(rule.name.expansion, "${1}_per_second");
        assert_eq!(rule.metrics_query, "sum(<<.Series>>{<<.LabelMatchers>>})\n");
        let resource_rules = config.resource_rules.unwrap();
        assert_eq!(resource_rules.cpu.container_label, "container");
        assert_eq!(resource_rules.memory, RawUsageRule::default());
        assert_eq!(resource_rules.window.as_deref(), Some("5m"));
    }

    #[test]
    fn scalars_are_taken_as_their_text_and_null_as_nothing() {
        let config =
            read("rules: [{seriesQuery: 5, metricsQuery: null, seriesFilters: null, name: }]")
                .unwrap();
        assert_eq!(
            config.rules[0],
            RawRule {
                series_query: "5".to_owned(),
                ..RawRule::default()
            }
        );
    }

    #[test]
    fn resource_rules_count_when_present_even_if_empty() {
        assert!(read("rules: []").unwrap().resource_rules.is_none());
        assert!(read("resourceRules: {}").unwrap().resource_rules.is_some());
    }
}
