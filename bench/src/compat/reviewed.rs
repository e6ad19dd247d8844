//! The reviewed list: differences that are meant, each with its reason and the section of
//! `docs/MIGRATING.md` that tells users.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use super::compare::Difference;

/// One meant difference, as narrow as it can be said.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: String,
    /// Names of cases; empty: every case.
    cases: Vec<String>,
    /// The whole name of the request.
    request: Option<Regex>,
    /// The whole place.
    at: Regex,
    /// The whole value of each side.
    rival: Option<Regex>,
    ours: Option<Regex>,
}

/// `bench/compat/differences.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    cases: Vec<String>,
    request: Option<String>,
    at: String,
    rival: Option<String>,
    ours: Option<String>,
    why: String,
    /// `docs/FILE.md#heading`
    see: String,
}

impl Entry {
    pub fn covers(&self, case: &str, request: &str, difference: &Difference) -> bool {
        let holds = |pattern: &Option<Regex>, text: &str| {
            pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(text))
        };
        (self.cases.is_empty() || self.cases.iter().any(|name| name == case))
            && holds(&self.request, request)
            && self.at.is_match(&difference.at)
            && holds(&self.rival, &difference.rival)
            && holds(&self.ours, &difference.ours)
    }
}

/// Reads the list; `root` is the top of the checkout, where the cited documents are.
pub fn read(root: &Path) -> Result<Vec<Entry>> {
    let file = root.join("bench/compat/differences.yaml");
    let context = || file.display().to_string();
    let text = fs::read_to_string(&file).with_context(context)?;
    parse(&text, |document| {
        fs::read_to_string(root.join(document)).with_context(|| format!("see: {document}"))
    })
    .with_context(context)
}

fn parse(text: &str, document: impl Fn(&str) -> Result<String>) -> Result<Vec<Entry>> {
    let written: Vec<Written> = serde_saphyr::from_str(text)?;
    let mut ids = BTreeSet::new();
    written
        .into_iter()
        .map(|written| {
            let id = written.id.clone();
            ensure!(ids.insert(id.clone()), "{id}: there are two of that id");
            entry(written, &document).with_context(|| id)
        })
        .collect()
}

fn entry(written: Written, document: impl Fn(&str) -> Result<String>) -> Result<Entry> {
    ensure!(!written.why.trim().is_empty(), "why: gives the reason");
    let (file, heading) = written.see.split_once('#').with_context(|| {
        format!(
            "see: {:?} is not of the form docs/FILE.md#heading",
            written.see
        )
    })?;
    let headings = document(file)?;
    ensure!(
        headings
            .lines()
            .filter(|line| line.starts_with('#'))
            .any(|line| anchor(line) == heading),
        "see: {file} has no heading with the anchor #{heading}"
    );
    let pattern = |field: &str, text: &Option<String>| {
        text.as_ref()
            .map(|text| {
                Regex::new(&format!("^(?s:{text})$")).with_context(|| format!("{field}: {text:?}"))
            })
            .transpose()
    };
    Ok(Entry {
        id: written.id,
        cases: written.cases,
        request: pattern("request", &written.request)?,
        at: Regex::new(&format!("^(?:{})$", written.at)).context("at")?,
        rival: pattern("rival", &written.rival)?,
        ours: pattern("ours", &written.ours)?,
    })
}

/// The anchor that a renderer makes of a heading: lower case, blanks as hyphens, no punctuation.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            _ if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// Two entries to test with: one that is met, one that never is.
#[cfg(test)]
pub(crate) fn sample() -> Vec<Entry> {
    let text = "
- {id: meant, request: 'GET /(intended|half)', at: /items/shop/web-0/value, ours: '\"1501m\"', why: because, see: docs/M.md#m}
- {id: never, at: /never, why: because, see: docs/M.md#m}
";
    parse(text, |_| Ok("# M".to_owned())).expect("a list")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
- id: nan
  cases: [odd]
  request: "GET .*/pods/nan/.*"
  at: "status|body"
  rival: "200"
  why: a NaN is no value
  see: docs/M.md#no-value-is-never-a-number
"#;

    fn list(text: &str) -> Result<Vec<Entry>, String> {
        parse(text, |_| {
            Ok("# Title\n#### No value is `never` a number!\n".to_owned())
        })
        .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn an_entry_covers_what_it_says_and_nothing_beside() {
        let entry = &list(LIST).expect("a list")[0];
        let covers = |case, request, at: &str, rival: &str| {
            let difference = Difference {
                at: at.to_owned(),
                rival: rival.to_owned(),
                ours: "404".to_owned(),
            };
            entry.covers(case, request, &difference)
        };
        assert!(covers("odd", "GET /x/pods/nan/m", "status", "200"));
        assert!(!covers("even", "GET /x/pods/nan/m", "status", "200"));
        assert!(!covers("odd", "GET /x/pods/one/m", "status", "200"));
        assert!(!covers("odd", "GET /x/pods/nan/m", "statuses", "200"));
        assert!(!covers("odd", "GET /x/pods/nan/m", "status", "2000"));
    }

    #[test]
    fn a_bad_entry_is_named_with_its_field() {
        let with = |from: &str, to: &str| list(&LIST.replace(from, to)).expect_err("a mistake");
        assert_eq!(
            with("#no-value-is-never-a-number", "#gone"),
            "nan: see: docs/M.md has no heading with the anchor #gone"
        );
        assert!(
            with("docs/M.md#no-value-is-never-a-number", "docs")
                .starts_with("nan: see: \"docs\" is not")
        );
        assert!(with("\"200\"", "\"(\"").starts_with("nan: rival: \"(\""));
        assert!(with("a NaN is no value", "''").starts_with("nan: why:"));
        assert!(with("cases", "case").contains("case"));
        assert_eq!(
            list(&format!("{LIST}{LIST}")).expect_err("twice"),
            "nan: there are two of that id"
        );
    }

    #[test]
    fn the_committed_list_cites_headings_that_exist() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        read(&root).expect("the list");
    }
}
