//! What a query does, as far as it can be seen without evaluating it.

use super::scan::{Token, tokens};

/// The parts of a query that people get wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Query {
    pub(super) selectors: Vec<Selector>,
    pub(super) aggregations: Vec<Aggregation>,
    pub(super) divisions: Vec<Division>,
    /// `{,` or `,,`: a matcher is missing between commas, which Prometheus refuses.
    pub(super) empty_matcher: bool,
}

/// A vector selector.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Selector {
    /// Empty where only matchers select.
    pub(super) name: String,
    pub(super) matchers: Vec<Matcher>,
    /// Functions and aggregations around it, outermost first.
    pub(super) within: Vec<String>,
    /// `5m` of `[5m]`.
    pub(super) range: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) operator: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Aggregation {
    pub(super) operator: String,
    pub(super) grouping: Option<Grouping>,
    /// In no other aggregation.
    pub(super) outermost: bool,
    /// Functions and aggregations around it, outermost first.
    pub(super) within: Vec<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Grouping {
    pub(super) without: bool,
    pub(super) labels: Vec<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Division {
    /// Whether the right side cannot be 0, or is compared so that a 0 is dropped.
    pub(super) guarded: bool,
}

const AGGREGATIONS: [&str; 14] = [
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "group",
    "stddev",
    "stdvar",
    "topk",
    "bottomk",
    "quantile",
    "count_values",
    "limitk",
    "limit_ratio",
];
const KEYWORDS: [&str; 9] = [
    "and", "or", "unless", "bool", "offset", "inf", "nan", "atan2", "start",
];

impl Selector {
    /// The name it selects, written before the braces or matched by `__name__=`.
    pub(super) fn series(&self) -> Option<&str> {
        if !self.name.is_empty() {
            return Some(&self.name);
        }
        let named = |matcher: &&Matcher| matcher.label == "__name__" && matcher.operator == "=";
        let matcher = self.matchers.iter().find(named)?;
        Some(&matcher.value)
    }
}

impl Aggregation {
    /// Whether its result still has `label`.
    pub(super) fn keeps(&self, label: &str) -> bool {
        match (&self.grouping, self.operator.as_str()) {
            (Some(Grouping { without, labels }), _) => {
                labels.iter().any(|known| known == label) != *without
            }
            // These pick series and leave their labels.
            (None, "topk" | "bottomk" | "limitk" | "limit_ratio") => true,
            (None, _) => false,
        }
    }
}

/// Reads a query. Total: what is no PromQL gives what little can be seen.
pub(super) fn read(query: &str) -> Query {
    let tokens = tokens(query);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        open: vec![],
        pending: None,
        found: Query::default(),
    };
    reader.run();
    reader.found
}

/// A parenthesis that is not closed yet.
#[derive(Clone, Debug, Default)]
struct Frame {
    function: Option<String>,
    /// Index into the aggregations found.
    aggregation: Option<usize>,
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    open: Vec<Frame>,
    /// What stands before the next parenthesis.
    pending: Option<Frame>,
    found: Query,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token {
                Token::Word(word) => self.word(word),
                Token::Sign("(") => {
                    let frame = self.pending.take().unwrap_or_default();
                    self.open.push(frame);
                }
                Token::Sign(")") => self.close(),
                Token::Sign("{") => {
                    self.at -= 1;
                    self.selector("");
                }
                Token::Sign("/") => {
                    let guarded = guarded(&self.tokens[self.at..]);
                    self.found.divisions.push(Division { guarded });
                }
                Token::Sign(_) | Token::Number(_) | Token::Text(_) | Token::Range(_) => {}
            }
        }
    }

    fn next_is(&self, sign: &str) -> bool {
        self.tokens.get(self.at) == Some(&Token::Sign(sign))
    }

    fn word(&mut self, word: &str) {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "by" | "without" if self.next_is("(") => {
                let labels = self.labels();
                let without = lower == "without";
                if let Some(index) = self.pending.as_ref().and_then(|frame| frame.aggregation) {
                    self.found.aggregations[index].grouping = Some(Grouping { without, labels });
                }
            }
            "on" | "ignoring" | "group_left" | "group_right" if self.next_is("(") => {
                self.labels();
            }
            "group_left" | "group_right" => {}
            operator if AGGREGATIONS.contains(&operator) && self.aggregates() => {
                let within = self.within();
                let outermost = self.open.iter().all(|frame| frame.aggregation.is_none());
                self.found.aggregations.push(Aggregation {
                    operator: lower.clone(),
                    grouping: None,
                    outermost,
                    within,
                });
                self.pending = Some(Frame {
                    function: Some(lower),
                    aggregation: Some(self.found.aggregations.len() - 1),
                });
            }
            _ if self.next_is("(") => {
                self.pending = Some(Frame {
                    function: Some(lower),
                    aggregation: None,
                });
            }
            keyword if KEYWORDS.contains(&keyword) => {}
            _ => self.selector(word),
        }
    }

    fn aggregates(&self) -> bool {
        let Some(next) = self.tokens.get(self.at) else {
            return false;
        };
        match next {
            Token::Sign("(") => true,
            Token::Word(word) => matches!(word.to_ascii_lowercase().as_str(), "by" | "without"),
            _ => false,
        }
    }

    /// A grouping may also stand behind what it groups.
    fn close(&mut self) {
        let closed = self.open.pop().unwrap_or_default();
        self.pending = None;
        let follows = match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                matches!(word.to_ascii_lowercase().as_str(), "by" | "without")
            }
            _ => false,
        };
        if follows && closed.aggregation.is_some() {
            self.pending = Some(closed);
            self.at += 1;
            if let Some(Token::Word(word)) = self.tokens.get(self.at - 1) {
                self.word(word);
            }
            self.pending = None;
        }
    }

    /// `(a, b)` from the parenthesis on.
    fn labels(&mut self) -> Vec<String> {
        let mut labels = vec![];
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::Sign(")") => break,
                Token::Word(label) | Token::Text(label) => labels.push((*label).to_owned()),
                _ => {}
            }
        }
        labels
    }

    fn within(&self) -> Vec<String> {
        let functions = self.open.iter().filter_map(|frame| frame.function.clone());
        functions.collect()
    }

    fn selector(&mut self, name: &str) {
        let mut selector = Selector {
            name: name.to_owned(),
            within: self.within(),
            ..Selector::default()
        };
        if self.next_is("{") {
            self.at += 1;
            selector.matchers = self.matchers(&mut selector.name);
        }
        if let Some(Token::Range(range)) = self.tokens.get(self.at) {
            selector.range = Some((*range).to_owned());
            self.at += 1;
        }
        self.found.selectors.push(selector);
    }

    /// Up to the closing brace. A quoted name alone is the metric, in the newer notation.
    fn matchers(&mut self, name: &mut String) -> Vec<Matcher> {
        let mut matchers = vec![];
        let mut separated = true;
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token {
                Token::Sign("}") => break,
                Token::Sign(",") => {
                    self.found.empty_matcher |= separated;
                    separated = true;
                }
                Token::Word(label) | Token::Text(label) => {
                    separated = false;
                    let (operator, value) =
                        (self.tokens.get(self.at), self.tokens.get(self.at + 1));
                    if let (Some(Token::Sign(operator)), Some(Token::Text(value))) =
                        (operator, value)
                    {
                        self.at += 2;
                        matchers.push(Matcher {
                            label: label.to_owned(),
                            operator: (*operator).to_owned(),
                            value: (*value).to_owned(),
                        });
                    } else if matches!(token, Token::Text(_)) && name.is_empty() {
                        label.clone_into(name);
                    }
                }
                _ => separated = false,
            }
        }
        matchers
    }
}

/// Looks at the right side of a division: up to the end of its parenthesis or the next operator of
/// its level.
fn guarded(right: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for (index, token) in right.iter().enumerate() {
        match token {
            Token::Number(number) if index == 0 => {
                return number.parse::<f64>().is_ok_and(|number| number != 0.0);
            }
            Token::Sign("(" | "{") => depth += 1,
            // What is compared as a whole drops a NaN as well.
            Token::Sign(")" | "}") if depth == 0 => {
                return matches!(
                    right.get(index + 1),
                    Some(Token::Sign(">" | ">=" | "<" | "<=" | "==" | "!="))
                );
            }
            Token::Sign(")" | "}") => depth -= 1,
            Token::Sign("," | "+" | "-" | "*" | "/") if depth == 0 => return false,
            Token::Sign(">" | ">=" | "==") => return true,
            // Inside braces it matches labels.
            Token::Sign("!=") if !matches!(right.get(index + 1), Some(Token::Text(_))) => {
                return true;
            }
            Token::Word(word) if word.eq_ignore_ascii_case("clamp_min") => return true,
            Token::Word(word) if depth == 0 && word.eq_ignore_ascii_case("or") => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn names(selector: &Selector) -> Vec<&str> {
        selector.within.iter().map(String::as_str).collect()
    }

    #[test]
    fn a_selector_is_found_with_what_stands_around_it() {
        let query = read(r#"sum(rate(http_total{ns="a",pod=~"b|c"}[2m])) by (pod)"#);
        let selector = &query.selectors[0];
        assert_eq!(selector.name, "http_total");
        assert_eq!(selector.range.as_deref(), Some("2m"));
        assert_eq!(names(selector), ["sum", "rate"]);
        assert_eq!(selector.matchers[1].value, "b|c");
        assert_eq!(query.selectors.len(), 1);
        let aggregation = &query.aggregations[0];
        assert!(aggregation.outermost && aggregation.keeps("pod") && !aggregation.keeps("ns"));
    }

    #[rstest]
    #[case("sum by (pod) (x)", "pod", true)]
    #[case("sum(x) by (pod, ns)", "ns", true)]
    #[case("SUM(x) BY (pod)", "pod", true)]
    #[case("sum without (pod) (x)", "pod", false)]
    #[case("sum(x) without (le)", "pod", true)]
    #[case("sum(x)", "pod", false)]
    #[case("topk(3, x)", "pod", true)]
    #[case("max by () (x)", "pod", false)]
    fn a_grouping_may_stand_before_or_behind(
        #[case] query: &str,
        #[case] label: &str,
        #[case] keeps: bool,
    ) {
        assert_eq!(read(query).aggregations[0].keeps(label), keeps);
    }

    #[test]
    fn only_the_outermost_aggregation_is_called_so() {
        let query = read("max(sum(x) by (pod, le)) by (pod) / on (pod) sum(y) by (pod)");
        let outermost: Vec<_> = query.aggregations.iter().map(|one| one.outermost).collect();
        assert_eq!(outermost, [true, false, true]);
        assert_eq!(query.selectors.len(), 2);
    }

    #[test]
    fn a_series_may_be_named_by_a_matcher_or_in_quotes() {
        let query = read(r#"{__name__="a",b="c"} or {"x.y", d!="e"}"#);
        let series: Vec<_> = query.selectors.iter().map(Selector::series).collect();
        assert_eq!(series, [Some("a"), Some("x.y")]);
    }

    #[rstest]
    #[case("foo{}", false)]
    #[case(r#"foo{a="b",}"#, false)]
    #[case(r#"foo{,x!=""}"#, true)]
    #[case(r#"foo{x!="",,y=""}"#, true)]
    fn a_missing_matcher_is_seen(#[case] query: &str, #[case] empty: bool) {
        assert_eq!(read(query).empty_matcher, empty);
    }

    #[rstest]
    #[case("a / b", false)]
    #[case("a / 1024", true)]
    #[case("a / 0", false)]
    #[case("a / (b > 0)", true)]
    #[case("a / (b != 0)", true)]
    #[case(r#"a / b{c!=""}"#, false)]
    #[case("a / clamp_min(b, 1)", true)]
    #[case("sum(a) by (p) / sum(b) by (p) > 0.5", true)]
    #[case("(a / b) > 0", true)]
    #[case("(a / b) + 1", false)]
    #[case("a / b or vector(0)", false)]
    fn a_division_by_zero_may_be_guarded(#[case] query: &str, #[case] expected: bool) {
        assert_eq!(read(query).divisions[0].guarded, expected);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z(){}\\[\\],/=\"' 0-9]{0,60}") {
            let _ = read(&text);
        }
    }
}
