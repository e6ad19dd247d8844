//! The rules file.

use std::path::Path;

use anyhow::Context as _;
use custom_metrics_core::config::Config;
use custom_metrics_core::rule::Rule;

/// Reads and checks prometheus-adapter's file.
///
/// # Errors
/// Names the file, and within it the line or the rule, its field and what would be right.
pub fn load(path: &Path) -> anyhow::Result<Vec<Rule>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    parse(&text).with_context(|| format!("rules file {}", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Vec<Rule>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let config: Config = serde_saphyr::from_str(text)?;
    config
        .rules
        .into_iter()
        .enumerate()
        .map(|numbered| Ok(Rule::try_from(numbered)?))
        .collect()
}
