use std::fmt::Write as _;

use proptest::prelude::*;
use rstest::rstest;
use serde::Deserialize;

use crate::config::{Config, RawFilter, RawRule};

use super::*;

fn rules(text: &str) -> Vec<RawRule> {
    Config::from_yaml(text).unwrap().rules
}

fn first(rule: &str) -> RawRule {
    rules(&format!("rules:\n- {}\n", rule.replace('\n', "\n  "))).remove(0)
}

fn problem(text: &str) -> String {
    Config::from_yaml(text).unwrap_err().to_string()
}

#[rstest]
#[case("5", "5")]
#[case("1.50", "1.50")]
#[case("0x1F", "0x1F")]
#[case("010", "010")]
#[case("yes", "yes")]
#[case("2020-01-01", "2020-01-01")]
#[case("null", "")]
#[case("~", "")]
#[case("", "")]
#[case("'null'", "null")]
#[case("!!str null", "null")]
#[case("\"a\\tb\"", "a\tb")]
#[case("' a '", " a ")]
#[case("<<.Resource>>", "<<.Resource>>")]
#[case("sum(a{b=\"c\"}) by (d)", "sum(a{b=\"c\"}) by (d)")]
#[case("|\n  a\n  b\n", "a\nb\n")]
#[case("|-\n  a\n", "a")]
#[case(">\n  a\n  b\n", "a b\n")]
#[case("a\n  b", "a b")]
#[case("a # comment", "a")]
fn a_scalar_is_its_literal_text(#[case] yaml: &str, #[case] expected: &str) {
    assert_eq!(
        first(&format!("metricsQuery: {yaml}")).metrics_query,
        expected
    );
}

#[rstest]
#[case("yes", Some(true))]
#[case("On", Some(true))]
#[case("y", Some(true))]
#[case("FALSE", Some(false))]
#[case("no", Some(false))]
#[case("off", Some(false))]
#[case("null", None)]
#[case("", None)]
fn booleans_are_those_of_yaml_1_1(#[case] yaml: &str, #[case] expected: Option<bool>) {
    let rule = first(&format!("resources: {{namespaced: {yaml}}}"));
    assert_eq!(rule.resources.namespaced, expected);
}

#[test]
fn nothing_is_the_default_and_only_the_first_document_counts() {
    for text in [
        "",
        "\n",
        "# only a comment",
        "---",
        "null",
        "{}",
        "rules:",
        "rules: []",
        "--- {}\n--- junk",
    ] {
        assert_eq!(
            Config::from_yaml(text).unwrap(),
            Config::default(),
            "{text}"
        );
    }
    let text = "rules: [{seriesQuery: a}]\n---\nnonsense: {]\n";
    assert_eq!(rules(text).len(), 1);
    assert_eq!(
        rules("{\"rules\": [{\"seriesQuery\": \"a\\u0041\"}]}")[0].series_query,
        "aA"
    );
    assert_eq!(
        rules("rules: [~, {}]"),
        [RawRule::default(), RawRule::default()]
    );
}

/// As `yaml.v2` does it: in place and deep, lists replaced.
#[test]
fn a_merge_is_made_where_it_stands() {
    let rules = rules(
        "
rules:
- &base
  seriesQuery: base
  seriesFilters: [{is: a}, {is: b}]
  name: {matches: m, as: base}
  resources: {overrides: {namespace: {resource: namespace}}}
- <<: *base
  seriesQuery: below
  seriesFilters: [{isNot: c}]
  name: {as: deep}
  resources: {template: t, overrides: {pod: {resource: pod}}}
- seriesQuery: above
  <<: *base
- <<: [{seriesQuery: first}, *base]
- *base
",
    );
    let below = &rules[1];
    assert_eq!(below.series_query, "below");
    assert_eq!(
        below.series_filters,
        [RawFilter {
            is: String::new(),
            is_not: "c".to_owned()
        }]
    );
    assert_eq!(
        (below.name.matches.as_str(), below.name.expansion.as_str()),
        ("m", "deep")
    );
    let labels: Vec<_> = below
        .resources
        .overrides
        .0
        .iter()
        .map(|(label, _)| label)
        .collect();
    assert_eq!(labels, ["namespace", "pod"]);
    assert_eq!(
        rules[2].series_query, "base",
        "a merge overwrites what stands above it"
    );
    assert_eq!(rules[3].series_query, "first", "the first of several wins");
    assert_eq!(rules[4], rules[0]);
}

#[test]
fn an_error_names_its_line_its_place_and_what_would_be_right() {
    let errors = [
        "Rules: []",
        "rules:\n- seriesQuery: a\n  seriesQueri: b\n",
        "rules:\n- name:\n    match: a\n",
        "rules: [{resources: {overrides: {pod: {resourse: pod}}}}]",
        "rules:\n- seriesQuery: a\n\n  seriesQuery: b\n",
        "rules:\n- resources:\n    overrides:\n      a: {resource: pod}\n      a: {resource: pod}\n",
        "rules:\n- resources: {namespaced: \"false\"}\n",
        "rules: {a: b}",
        "rules:\n- seriesQuery: [a]\n",
        "rules:\n- a\n",
        "rules: a",
        "rules: [",
        "rules:\n- <<: a\n",
        "a",
        "rules: *nowhere",
        "rules: [{completely: other}]",
    ]
    .map(problem)
    .join("\n");
    insta::assert_snapshot!(errors, @r#"
    line 1: unknown key `Rules`; did you mean `rules`?
    line 3: rules[0]: unknown key `seriesQueri`; did you mean `seriesQuery`?
    line 3: rules[0].name: unknown key `match`; did you mean `matches`?
    line 1: rules[0].resources.overrides.pod: unknown key `resourse`; did you mean `resource`?
    line 4: rules[0]: key `seriesQuery` stands here twice; keep one
    line 5: rules[0].resources.overrides: key `a` stands here twice; keep one
    line 2: rules[0].resources.namespaced: must be true or false without quotes, not the text "false"
    line 1: rules: must be a list (- item), not a section
    line 2: rules[0].seriesQuery: must be text, not a list
    line 2: rules[0]: must be a section (key: value), not `a`
    line 1: rules: must be a list (- item), not `a`
    line 1: not YAML: unclosed bracket '['
    line 2: rules[0]: only a section can be merged; write `<<: *ANCHOR` of one
    line 1: must be a section (key: value), not `a`
    line 1: not YAML: while parsing node, found unknown anchor
    line 1: rules[0]: unknown key `completely`; it may be one of seriesQuery, seriesFilters, resources, name, metricsQuery
    "#);
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = "rules:\n- &a1 {seriesFilters: [{is: a}]}\n".to_owned();
    for level in 2..40 {
        let before = level - 1;
        writeln!(
            text,
            "- &a{level} {{<<: [*a{before}, *a{before}, *a{before}]}}"
        )
        .unwrap();
    }
    assert!(problem(&text).contains("too many aliases"));
}

#[test]
fn a_line_is_found_for_a_place_or_for_what_holds_it() {
    let text = "rules:\n- a: 1\n- name:\n    as: b\n  seriesFilters:\n  - is: a\n  - is: b\n";
    for (path, line) in [
        ("rules[1].name.as", Some(4)),
        ("rules[1].name.matches", Some(3)),
        ("rules[1].seriesFilters[1].is", Some(7)),
        ("rules[9].name", Some(1)),
        ("other", None),
    ] {
        assert_eq!(line_of(text, path), line, "{path}");
    }
}

/// Words as other files of ours want them.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Typed {
    word: Option<Word>,
    number: u64,
    ratio: f64,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Word {
    Auto,
    Never,
}

#[test]
fn words_and_numbers_are_read_and_others_refused() {
    let typed: Typed = read("{word: never, number: 5, ratio: 0.5}").unwrap();
    assert_eq!(
        typed,
        Typed {
            word: Some(Word::Never),
            number: 5,
            ratio: 0.5
        }
    );
    let problem = |text| read::<Typed>(text).unwrap_err().to_string();
    assert_eq!(
        problem("word: nevr"),
        "line 1: word: \"nevr\": did you mean `never`?"
    );
    assert_eq!(
        problem("\nnumber: '5'"),
        "line 2: number: must be a number, not the text \"5\""
    );
}

/// Text that looks like a configuration, so that errors lie deep.
fn yaml() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "rules",
        "seriesQuery",
        "name",
        "as",
        "resources",
        "overrides",
        "<<",
        "x",
    ]);
    let value = prop::sample::select(vec![
        "a", "~", "&a", "*a", "[", "]", "{", "}", "- ", "|", "'", "\"", "!!str", "yes", "\n",
        "\n  ", "\n    ",
    ]);
    let pair = (key, value).prop_map(|(key, value)| format!("{key}: {value}"));
    let piece = prop_oneof![
        pair,
        Just("\n- ".to_owned()),
        Just("\n  ".to_owned()),
        Just("\n".to_owned()),
        ".{0,4}"
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![yaml(), any::<String>(), "[\\[\\]{}&*<: \\n-]{0,60}"]) {
        let _ = Config::from_yaml(&text);
        let _ = line_of(&text, "rules[0].name");
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Config::from_yaml(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_quoted_text_survives(text in "[ -~é]{0,40}") {
        let quoted = format!("'{}'", text.replace('\'', "''"));
        prop_assert_eq!(first(&format!("seriesQuery: {quoted}")).series_query, text);
    }
}
