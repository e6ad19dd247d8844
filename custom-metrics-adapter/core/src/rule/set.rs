//! A whole configuration file, checked.

use crate::{
    api::Served,
    config::Config,
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

impl RuleSet {
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
        let config: Config = serde_saphyr::from_str(yaml).unwrap();
        let served = RuleSet::try_from(config).unwrap().served();
        assert_eq!([served.custom, served.external, served.resource], groups);
    }

    #[test]
    fn an_external_rule_is_named_as_one() {
        let config = "externalRules: [{}, {name: {matches: '('}}]";
        let error = RuleSet::try_from(serde_saphyr::from_str::<Config>(config).unwrap());
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("externalRules[1].name.matches"),
            "{error}"
        );
    }
}
