//! A whole configuration file, checked.

use std::fmt;

use crate::{
    api::Served,
    config::{
        Config,
        yaml::{self, YamlError},
    },
    rule::{ResourceRules, Rule, RuleError, Section},
};

/// Everything the file asks to be served.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// In the order of the file: of two rules for one metric, the last one counts.
    pub rules: Vec<Rule>,
    pub external_rules: Vec<Rule>,
    /// Present when the key is, even empty.
    pub resource_rules: Option<ResourceRules>,
}

/// Why a configuration file is unusable.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    Shape(#[from] YamlError),
    #[error("{}{error}", Line(*.line))]
    Rule {
        /// From 1, where it is known.
        line: Option<usize>,
        error: RuleError,
    },
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(out, "line {line}: "),
            None => Ok(()),
        }
    }
}

impl RuleSet {
    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// The first thing that is wrong: its line, its place, its value and what would be right.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        Self::try_from(Config::from_yaml(text)?).map_err(|error| {
            let path = format!("{}.{}", error.place, error.field);
            let line = yaml::line_of(text, &path);
            ConfigError::Rule { line, error }
        })
    }

    /// The groups that exist: `rules` and `externalRules` with an entry, `resourceRules` when present.
    pub fn served(&self) -> Served {
        Served {
            custom: !self.rules.is_empty(),
            external: !self.external_rules.is_empty(),
            resource: self.resource_rules.is_some(),
        }
    }
}

impl TryFrom<Config> for RuleSet {
    type Error = RuleError;

    /// Checks everything that can be checked without a cluster and without Prometheus.
    fn try_from(config: Config) -> Result<Self, RuleError> {
        let check = |section, list: Vec<_>| {
            let numbered = list.into_iter().enumerate();
            numbered
                .map(|(index, raw)| Rule::new(section, index, raw))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            rules: check(Section::Rules, config.rules)?,
            external_rules: check(Section::ExternalRules, config.external_rules)?,
            resource_rules: config
                .resource_rules
                .map(ResourceRules::try_from)
                .transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("{}", [false, false, false])]
    #[case("{rules: [], externalRules: null}", [false, false, false])]
    #[case("{rules: [{seriesQuery: a}]}", [true, false, false])]
    #[case("{externalRules: [{seriesQuery: a}]}", [false, true, false])]
    #[case("{resourceRules: {}}", [false, false, true])]
    fn a_group_is_served_when_its_section_asks_for_it(
        #[case] yaml: &str,
        #[case] groups: [bool; 3],
    ) {
        let served = RuleSet::from_yaml(yaml).unwrap().served();
        assert_eq!([served.custom, served.external, served.resource], groups);
    }

    #[test]
    fn an_error_has_its_line_and_an_external_rule_is_named_as_one() {
        let text = "externalRules:\n- {}\n- name:\n    as: $1\n    matches: '('\n";
        let error = RuleSet::from_yaml(text).unwrap_err();
        insta::assert_snapshot!(error, @r#"line 5: externalRules[1].name.matches: "(": unclosed group; write a regular expression as Go takes it (RE2)"#);
    }

    #[test]
    fn a_flaw_of_what_is_not_there_has_the_line_of_what_it_is_missing_from() {
        let text = "rules:\n- seriesQuery: a\n  name:\n    matches: (a)(b)\n";
        let error = RuleSet::from_yaml(text).unwrap_err().to_string();
        assert!(error.starts_with("line 3: rules[0].name.as: "), "{error}");
    }
}
