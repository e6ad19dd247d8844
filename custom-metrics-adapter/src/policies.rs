//! The file of policies.

use std::path::Path;

use anyhow::Context as _;
use custom_metrics_core::policies::Policies;
use custom_metrics_core::rule::RuleSet;

/// Reads our own file and checks it against the rules. What it asks for is not done yet, so one line
/// says what that is.
///
/// # Errors
/// Names the file, and within it the line, the policy, its key and what would be right.
pub fn load(path: &Path, rules: &RuleSet) -> anyhow::Result<Policies> {
    let context = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", context()))?;
    let policies = Policies::from_yaml(&text).with_context(context)?;
    let warnings = policies.check(rules);
    let warnings = warnings.map_err(|error| error.locate(&text));
    for warning in warnings.with_context(context)? {
        tracing::warn!("{}: {warning}", context());
    }
    tracing::warn!(
        "{}: {} policies read and checked; not in force yet: {}",
        context(),
        policies.len(),
        policies.used_keys().join(", ")
    );
    Ok(policies)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(policies: &str) -> String {
        let rules = RuleSet::from_yaml("rules: [{seriesQuery: http_requests}]").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), policies).unwrap();
        let error = format!("{:#}", load(file.path(), &rules).unwrap_err());
        error.replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn an_error_names_the_file_the_line_and_the_policy() {
        let text = "apiVersion: custom-metrics-stack/v1\npolicies:\n- match: {metric: x}\n";
        assert_eq!(
            problem(text),
            "FILE: line 3: policies[0].match.metric: \"x\": no rule makes a metric of this name; there are: http_requests"
        );
        assert_eq!(
            problem("policies: []"),
            "FILE: apiVersion: \"\": write apiVersion: custom-metrics-stack/v1"
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load(Path::new("/nowhere/policies.yaml"), &RuleSet::default()).unwrap_err();
        assert!(
            error.to_string().contains("/nowhere/policies.yaml"),
            "{error}"
        );
    }
}
