//! The rules file.

use std::path::Path;

use anyhow::Context as _;
use custom_metrics_core::rule::{ConfigError, RuleSet};

/// Reads and checks prometheus-adapter's file.
///
/// # Errors
/// Names the file, and within it the line or the rule, its field and what would be right.
pub fn load(path: &Path) -> anyhow::Result<RuleSet> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    parse(&text).with_context(|| path.display().to_string())
}

/// [`load`] without the file.
pub(crate) fn parse(text: &str) -> Result<RuleSet, ConfigError> {
    RuleSet::from_yaml(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_without_rules_is_no_error() {
        assert!(parse("").unwrap().rules.is_empty());
        assert!(parse("rules: []").unwrap().rules.is_empty());
    }

    #[test]
    fn an_unknown_key_and_a_bad_field_are_named() {
        assert!(problem("rules: [{seriesQueri: up}]").contains("seriesQueri"));
        let text = "rules: [{seriesQuery: up, name: {matches: '('}}]";
        assert!(problem(text).contains("rules[0]"), "{}", problem(text));
    }
}
