//! A rule that has been checked: everything that can be wrong with its text is found here, once.

mod duration;
mod literal;
mod set;
mod usage;

use std::fmt;

use regex::Regex;

use crate::{
    config::{RawFilter, RawRule},
    ids::MetricName,
    naming::{Flaw, LabelMapping, MetricNaming, NoName},
    re2,
    resources::ResourceMap,
    template::Template,
};

pub use duration::prometheus_duration;
pub use set::{ConfigError, RuleSet};
pub use usage::{ResourceRules, UsageRule};

/// The list of the file a rule stands in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Section {
    Rules,
    ExternalRules,
}

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Rules => "rules",
            Self::ExternalRules => "externalRules",
        })
    }
}

/// A validated rule.
#[derive(Clone, Debug)]
pub struct Rule {
    section: Section,
    index: usize,
    series_query: String,
    literal: Option<String>,
    filters: Vec<Filter>,
    naming: MetricNaming,
    labels: LabelMapping,
    namespaced: bool,
    query: Template,
}

/// Unanchored, on the name of a series.
#[derive(Clone, Debug)]
enum Filter {
    Is(Regex),
    IsNot(Regex),
}

/// Where in the file something stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// An entry of a list, counted from 0.
    Rule(Section, usize),
    ResourceRules,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(section, index) => write!(out, "{section}[{index}]"),
            Self::ResourceRules => out.write_str("resourceRules"),
        }
    }
}

/// What is wrong with a rule, where, and what would be right.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}.{field}: {value:?}: {problem}; {fix}")]
pub struct RuleError {
    pub place: Place,
    /// Below `place`, such as `name.as`.
    pub field: String,
    pub value: String,
    pub problem: String,
    pub fix: &'static str,
}

impl RuleError {
    fn new(place: Place, flaw: Flaw) -> Self {
        let Flaw {
            field,
            value,
            problem,
            fix,
        } = flaw;
        Self {
            place,
            field,
            value,
            problem,
            fix,
        }
    }
}

impl TryFrom<(usize, RawRule)> for Rule {
    type Error = RuleError;

    /// Checks entry `index` of `rules`.
    fn try_from((index, raw): (usize, RawRule)) -> Result<Self, RuleError> {
        Self::new(Section::Rules, index, raw)
    }
}

impl Rule {
    pub fn new(section: Section, index: usize, raw: RawRule) -> Result<Self, RuleError> {
        let place = Place::Rule(section, index);
        Self::check(section, index, raw).map_err(|flaw| RuleError::new(place, flaw))
    }

    fn check(section: Section, index: usize, raw: RawRule) -> Result<Self, Flaw> {
        let mut filters = vec![];
        for (place, filter) in raw.series_filters.iter().enumerate() {
            filters.push(Filter::new(place, filter)?);
        }
        let naming = MetricNaming::new(&raw.name)?;
        if !raw.name.matches.is_empty() {
            filters.push(Filter::Is(compile("name.matches", &raw.name.matches)?));
        }
        let fix = "see the templates of prometheus-adapter's documentation";
        let query = Template::parse(&raw.metrics_query).map_err(|error| {
            Flaw::new("metricsQuery", &raw.metrics_query, error.to_string(), fix)
        })?;
        Ok(Self {
            section,
            index,
            literal: literal::series(&raw.series_query).map(str::to_owned),
            series_query: raw.series_query,
            filters,
            naming,
            labels: LabelMapping::new(&raw.resources)?,
            namespaced: raw.resources.namespaced.unwrap_or(true),
            query,
        })
    }

    /// Whether every override names a resource of the cluster; prometheus-adapter does not start otherwise.
    pub fn check_resources(&self, resources: &ResourceMap) -> Result<(), RuleError> {
        let place = Place::Rule(self.section, self.index);
        let checked = self.labels.check_resources(resources);
        checked.map_err(|flaw| RuleError::new(place, flaw))
    }

    /// The list of the file it stands in.
    pub fn section(&self) -> Section {
        self.section
    }

    /// Place in its section of the file, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The selector sent as `match[]` of `/api/v1/series`, verbatim.
    pub fn series_query(&self) -> &str {
        &self.series_query
    }

    /// The one series name this rule is about, when its selector names it literally.
    ///
    /// Its metric stays registered while the rule stands, with or without series: an HPA that scales from
    /// zero reads a metric before anything exposes it.
    pub fn literal_series(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// Whether a series of this name belongs to the rule: all filters pass, and so does `name.matches`.
    pub fn accepts(&self, series: &str) -> bool {
        self.filters.iter().all(|filter| filter.passes(series))
    }

    /// The metric behind which a series stands.
    pub fn metric(&self, series: &str) -> Result<MetricName, NoName> {
        self.naming.metric(series)
    }

    pub fn labels(&self) -> &LabelMapping {
        &self.labels
    }

    /// Whether queries are confined to the reader's namespace. Only external rules may say no.
    pub fn namespaced(&self) -> bool {
        self.namespaced
    }

    pub(crate) fn query(&self) -> &Template {
        &self.query
    }
}

impl Filter {
    fn new(place: usize, raw: &RawFilter) -> Result<Self, Flaw> {
        let field = |key: &str| format!("seriesFilters[{place}]{key}");
        match (raw.is.as_str(), raw.is_not.as_str()) {
            (is, "") if !is.is_empty() => compile(&field(".is"), is).map(Self::Is),
            ("", is_not) if !is_not.is_empty() => {
                compile(&field(".isNot"), is_not).map(Self::IsNot)
            }
            (is, _) => {
                let problem = if is.is_empty() {
                    "has neither is nor isNot"
                } else {
                    "has both is and isNot"
                };
                Err(Flaw::new(
                    &field(""),
                    is,
                    problem,
                    "write exactly one of is and isNot",
                ))
            }
        }
    }

    fn passes(&self, series: &str) -> bool {
        match self {
            Self::Is(pattern) => pattern.is_match(series),
            Self::IsNot(pattern) => !pattern.is_match(series),
        }
    }
}

fn compile(field: &str, pattern: &str) -> Result<Regex, Flaw> {
    re2::compile(pattern).map_err(|error| Flaw::pattern(field, pattern, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn raw(yaml: &str) -> RawRule {
        serde_saphyr::from_str(yaml).unwrap()
    }

    #[rstest]
    #[case("seriesFilters: [{is: 'my_.*'}]", "my_label", true)]
    #[case("seriesFilters: [{is: 'my_.*'}]", "your_label", false)]
    #[case("seriesFilters: [{isNot: 'my_.*'}]", "my_label", false)]
    #[case("seriesFilters: [{isNot: 'my_.*'}]", "your_label", true)]
    #[case("seriesFilters: [{is: a}, {isNot: b}]", "ab", false)]
    #[case("name: {matches: '^a'}", "ba", false)]
    #[case("seriesQuery: x", "anything", true)]
    fn all_filters_must_pass(#[case] yaml: &str, #[case] series: &str, #[case] accepted: bool) {
        assert_eq!(
            Rule::try_from((0, raw(yaml))).unwrap().accepts(series),
            accepted
        );
    }

    #[rstest]
    #[case(
        "seriesFilters: [{is: a}, {is: b, isNot: c}]",
        r#"rules[3].seriesFilters[1]: "b": has both is and isNot; write exactly one of is and isNot"#
    )]
    #[case(
        "seriesFilters: [{}]",
        r#"rules[3].seriesFilters[0]: "": has neither is nor isNot; write exactly one of is and isNot"#
    )]
    #[case(
        "seriesFilters: [{is: '('}]",
        r#"rules[3].seriesFilters[0].is: "(": unclosed group; write a regular expression as Go takes it (RE2)"#
    )]
    #[case(
        "name: {matches: '(a)(b)'}",
        r#"rules[3].name.as: "": must specify an 'as' value, because matches has 2 groups; write for example as: "${1}_${2}""#
    )]
    #[case(
        "resources: {template: kube_resource}",
        r#"rules[3].resources.template: "kube_resource": must include at least <<.Resource>>; write for example template: "kube_<<.Resource>>""#
    )]
    #[case(
        "metricsQuery: 'sum(<<.Series)'",
        r#"rules[3].metricsQuery: "sum(<<.Series)": line 1, column 5: this action is not closed by >>; see the templates of prometheus-adapter's documentation"#
    )]
    fn an_error_names_the_rule_the_field_the_value_and_a_fix(
        #[case] yaml: &str,
        #[case] message: &str,
    ) {
        assert_eq!(
            Rule::try_from((3, raw(yaml))).unwrap_err().to_string(),
            message
        );
    }

    #[test]
    fn an_override_must_name_a_resource_of_the_cluster() {
        let rule = raw(
            "resources: {overrides: {pod: {resource: pod}, foo: {group: apps, resource: foos}}}",
        );
        let error = Rule::try_from((0, rule))
            .unwrap()
            .check_resources(&ResourceMap::builtin())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"rules[0].resources.overrides.foo: "foos.apps": the cluster has no such resource; name a resource as kubectl api-resources lists it, without its short names"#
        );
    }
}
