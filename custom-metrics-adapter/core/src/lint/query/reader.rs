//! One walk over the tokens of a query.

mod division;

use super::{
    super::scan::{Token, tokens},
    Aggregation, Division, Grouping, Matcher, Query, Selector,
};

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

/// Reads a query. Total: what is no PromQL gives what little can be seen.
pub(in crate::lint) fn read(query: &str) -> Query {
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
                    let guarded = division::guarded(&self.tokens[self.at..]);
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
