//! As much of PromQL as rules of prometheus-adapter use, as a tree. Pure.

pub mod parse;

pub use parse::{parse, parse_selector};

use regex::Regex;

/// The text is not PromQL, or not PromQL that is read here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("parse error: {what}, at {rest:?}")]
pub struct PromqlError {
    pub(crate) what: &'static str,
    /// What could not be read.
    pub(crate) rest: String,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    Number(f64),
    Selector(Selector),
    /// Any function that is no aggregation.
    Call(String, Vec<Self>),
    /// `sum(…) by (…)`; without `by` everything is one group.
    Aggregate(String, Vec<Self>, Vec<String>),
    /// Left, operator, right.
    Binary(Box<Self>, String, Box<Self>),
}

/// `name{label="value", …}`
#[derive(Clone, Debug)]
pub struct Selector {
    pub matchers: Vec<Matcher>,
}

#[derive(Clone, Debug)]
pub struct Matcher {
    pub label: String,
    /// `true`: the label must match, `false`: it must not.
    pub wanted: bool,
    /// Anchored on both sides.
    pub pattern: Regex,
    /// What `=` says; a regular expression has none.
    pub literal: Option<String>,
}

impl Selector {
    /// Whether a series with these labels is selected; a missing label is an empty one.
    pub fn selects<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.matchers.iter().all(|matcher| {
            matcher
                .pattern
                .is_match(label(&matcher.label).unwrap_or(""))
                == matcher.wanted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selector: &str, labels: &[(&'static str, &'static str)]) -> bool {
        parse_selector(selector)
            .expect("a selector")
            .selects(|name| {
                labels
                    .iter()
                    .find(|(label, _)| *label == name)
                    .map(|(_, value)| *value)
            })
    }

    #[test]
    fn matchers_are_anchored_and_a_missing_label_is_empty() {
        let labels = [("__name__", "hits"), ("pod", "web-0")];
        assert!(selects("hits", &labels));
        assert!(!selects("hit", &labels));
        assert!(selects(r#"hits{pod=~"web-0|web-1"}"#, &labels));
        assert!(!selects(r#"hits{pod=~"web"}"#, &labels));
        assert!(selects(r#"{__name__=~"^hi.*",pod!="",zone=""}"#, &labels));
        assert!(!selects(r#"hits{pod!~"web-.*"}"#, &labels));
    }

    #[test]
    fn what_prometheus_refuses_is_refused() {
        for text in [
            "",
            "hits{",
            "hits{,pod!=\"\"}",
            r#"hits{app.kubernetes.io/name="x"}"#,
            "sum(hits) by (",
            "{}",
            r#"{pod=~".*"}"#,
            "hits hits",
            "sum(hits) by (pod) junk",
        ] {
            assert!(parse(text).is_err(), "{text:?} is taken for PromQL");
        }
    }

    #[test]
    fn the_queries_of_rules_are_read() {
        for text in [
            r#"sum(rate(hits_total{namespace="a",pod=~"x|y"}[2m])) by (pod)"#,
            "sum by (pod, le) (rate(hits_total{}[2m]))",
            r#"histogram_quantile(0.95, sum(rate(b_bucket{a="b"}[5m])) by (le, pod))"#,
            r#"sum(a{x="y"}) by (pod) / sum(b{x="y"}) by (pod) * 100"#,
            "1 - avg_over_time(idle{a='b'}[5m:30s] offset 1m)",
            "scalar(sum(hits))",
            "sum(hits) by ()\n",
            "-hits + 1e3 > bool 0",
            "sum(hits{}) by (pod,)",
            "a / on (pod) group_left (x) b",
        ] {
            if let Err(error) = parse(text) {
                panic!("{text}: {error}");
            }
        }
    }
}
