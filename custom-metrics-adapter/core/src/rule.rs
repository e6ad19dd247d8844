//! A rule that has been checked.

use crate::config::RawRule;

/// A validated rule.
#[derive(Clone, Debug)]
pub struct Rule {
    series_query: String,
    literal: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{section}[{index}].{field}: {problem}; {fix}")]
pub struct RuleError {
    pub section: &'static str,
    pub index: usize,
    pub field: String,
    pub problem: String,
    pub fix: String,
}

impl TryFrom<(usize, RawRule)> for Rule {
    type Error = RuleError;
    fn try_from((_, raw): (usize, RawRule)) -> Result<Self, RuleError> {
        todo!("{raw:?}")
    }
}

impl Rule {
    /// The selector sent as `match[]` of `/api/v1/series`, verbatim.
    pub fn series_query(&self) -> &str {
        &self.series_query
    }
    /// The one series name this rule is about, when its selector names it literally.
    pub fn literal_series(&self) -> Option<&str> {
        self.literal.as_deref()
    }
    /// Whether a discovered series belongs to this rule.
    pub fn accepts(&self, series: &str) -> bool {
        todo!("{series}")
    }
}
