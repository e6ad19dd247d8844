//! Files: rules as they are written and as they are understood, and manifests.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use custom_metrics_core::config::{Config, RawRule};
use custom_metrics_core::hpa::{Hpa, HpaError};
use custom_metrics_core::lint::{Code, Finding};
use custom_metrics_core::policies::Policies;
use custom_metrics_core::rule::{ResourceRules, Rule, Section};
use serde_json::Value;

use super::Unusable;
use crate::rules;

/// A rule and its text.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) rule: Rule,
    pub(crate) raw: RawRule,
}

/// The rules file.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) custom: Vec<Written>,
    pub(crate) external: Vec<Written>,
    pub(crate) resource: Option<ResourceRules>,
}

impl Rules {
    /// # Errors
    /// Every rule that cannot be used is named, not only the first.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        let config = Config::from_yaml(&text).with_context(|| path.display().to_string())?;
        Self::new(path, config)
    }

    fn new(path: &Path, config: Config) -> anyhow::Result<Self> {
        let mut problems = vec![];
        let mut section = |section, list: Vec<RawRule>| {
            let mut written = vec![];
            for (index, raw) in list.into_iter().enumerate() {
                match Rule::new(section, index, raw.clone()) {
                    Ok(rule) => written.push(Written { rule, raw }),
                    Err(error) => problems.push(format!("{}: {error}", path.display())),
                }
            }
            written
        };
        let custom = section(Section::Rules, config.rules);
        let external = section(Section::ExternalRules, config.external_rules);
        let resource = match config
            .resource_rules
            .map(ResourceRules::try_from)
            .transpose()
        {
            Ok(rules) => rules,
            Err(error) => {
                problems.push(format!("{}: {error}", path.display()));
                None
            }
        };
        anyhow::ensure!(problems.is_empty(), Unusable(problems));
        Ok(Self {
            custom,
            external,
            resource,
        })
    }
}

/// What of a file of policies only Prometheus can tell.
///
/// # Errors
/// For a file that the adapter would not start with.
pub(crate) fn policies(file: &Path, config: &Path) -> anyhow::Result<Vec<Finding>> {
    let name = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", name()))?;
    let policies = Policies::from_yaml(&text).with_context(name)?;
    let doubts = policies.check(&rules::load(config)?).with_context(name)?;
    let fix = "check again with --prometheus-url and compare with what is served";
    let finding = |doubt| Finding::new(Code::UnsurePolicy, name(), "", doubt, fix);
    Ok(doubts.into_iter().map(finding).collect())
}

/// Autoscalers of manifests: several documents and lists in one file; other kinds are passed over.
///
/// # Errors
/// For a file that cannot be read or is no YAML. An autoscaler that cannot be used is no error yet.
pub(crate) fn manifests(files: &[PathBuf]) -> anyhow::Result<Vec<Result<Hpa, HpaError>>> {
    let mut found = vec![];
    for file in files {
        let name = file.display();
        let text = if file.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("read standard input")?;
            text
        } else {
            std::fs::read_to_string(file).with_context(|| format!("read {name}"))?
        };
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(&text).with_context(|| format!("{name}: no YAML"))?;
        let before = found.len();
        for document in documents {
            collect(document, &mut found);
        }
        anyhow::ensure!(
            found.len() > before,
            "{name}: holds no HorizontalPodAutoscaler"
        );
    }
    Ok(found)
}

fn collect(document: Value, found: &mut Vec<Result<Hpa, HpaError>>) {
    let kind = document
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match kind {
        "HorizontalPodAutoscaler" => found.push(Hpa::read(document, "default")),
        _ if kind.ends_with("List") => {
            let items = document.get("items").and_then(Value::as_array);
            for item in items.into_iter().flatten() {
                collect(item.clone(), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn every_bad_rule_is_named_at_once() {
        let file = written(
            "rules: [{seriesQuery: a}, {name: {matches: '('}}]\nexternalRules: [{seriesFilters: [{}]}]\nresourceRules: {window: x}\n",
        );
        let error = format!("{:#}", Rules::read(file.path()).unwrap_err());
        assert_eq!(error.lines().count(), 3, "{error}");
        for place in [
            "rules[1].name.matches",
            "externalRules[0].seriesFilters[0]",
            "resourceRules.window",
        ] {
            assert!(error.contains(place), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_in_the_adapters_own_words() {
        let file = written("rulez: []");
        let error = format!("{:#}", Rules::read(file.path()).unwrap_err());
        assert_eq!(
            error,
            format!("{:#}", rules::load(file.path()).unwrap_err())
        );
    }

    #[test]
    fn autoscalers_are_found_in_documents_and_lists() {
        let hpa = |name: &str| {
            format!(
                "{{kind: HorizontalPodAutoscaler, metadata: {{name: {name}}}, spec: {{maxReplicas: 2}}}}"
            )
        };
        let file = written(&format!(
            "{}\n---\nkind: Service\n---\n{{kind: List, items: [{}, {{kind: HorizontalPodAutoscalerList, items: [{}]}}]}}\n",
            hpa("a"),
            hpa("b"),
            hpa("c")
        ));
        let found = manifests(&[file.path().to_owned()]).unwrap();
        let names: Vec<String> = found
            .into_iter()
            .map(|hpa| hpa.unwrap().name.to_string())
            .collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn a_file_without_autoscalers_is_a_mistake() {
        let file = written("kind: Service");
        let error = manifests(&[file.path().to_owned()])
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("holds no HorizontalPodAutoscaler"),
            "{error}"
        );
    }
}
