//! Text to tree, by recursive descent.

use regex::Regex;

use super::{Expr, Matcher, PromqlError, Selector};

const AGGREGATIONS: [&str; 10] = [
    "sum", "avg", "min", "max", "count", "stddev", "topk", "bottomk", "quantile", "group",
];
/// Longest first.
const OPERATORS: [&str; 15] = [
    "==", "!=", "<=", ">=", "and", "or", "unless", "<", ">", "+", "-", "*", "/", "%", "^",
];
/// Deeper nesting than any rule has; the parser must not run out of stack.
const DEEPEST: usize = 60;

/// A whole expression.
pub fn parse(text: &str) -> Result<Expr, PromqlError> {
    let mut parser = Parser {
        rest: text,
        depth: 0,
    };
    let expr = parser.expr()?;
    parser.end()?;
    Ok(expr)
}

/// A whole selector, as `match[]` and the lines of a case hold them.
pub fn parse_selector(text: &str) -> Result<Selector, PromqlError> {
    let mut parser = Parser {
        rest: text,
        depth: 0,
    };
    let name = parser.identifier();
    let selector = parser.selector(name)?;
    parser.end()?;
    Ok(selector)
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Operators are taken from left to right: the fake needs no precedence, it needs one answer.
    fn expr(&mut self) -> Result<Expr, PromqlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("nested too deeply"));
        }
        let mut left = self.unary()?;
        while let Some(operator) = self.operator() {
            for modifier in ["bool", "on", "ignoring", "group_left", "group_right"] {
                if self.word(modifier) && self.peek('(') {
                    self.labels()?;
                }
            }
            let right = self.unary()?;
            left = Expr::Binary(Box::new(left), operator.to_owned(), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, PromqlError> {
        if self.eat('-') {
            let negated = self.primary()?;
            return Ok(Expr::Binary(
                Box::new(Expr::Number(0.0)),
                "-".to_owned(),
                Box::new(negated),
            ));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr, PromqlError> {
        self.space();
        if self.eat('(') {
            let expr = self.expr()?;
            self.expect(')', "expected a closing parenthesis")?;
            return Ok(expr);
        }
        if let Some(number) = self.number() {
            return Ok(Expr::Number(number));
        }
        let name = self.identifier();
        match name {
            Some(name) if AGGREGATIONS.contains(&name) => self.aggregate(name),
            Some(name) if self.peek('(') => {
                let arguments = self.arguments()?;
                Ok(Expr::Call(name.to_owned(), arguments))
            }
            name => {
                let selector = self.selector(name)?;
                self.range()?;
                Ok(Expr::Selector(selector))
            }
        }
    }

    fn aggregate(&mut self, name: &str) -> Result<Expr, PromqlError> {
        let mut by = Vec::new();
        if self.word("by") {
            by = self.labels()?;
        }
        let arguments = self.arguments()?;
        if self.word("by") {
            by = self.labels()?;
        }
        Ok(Expr::Aggregate(name.to_owned(), arguments, by))
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, PromqlError> {
        self.expect('(', "expected an opening parenthesis")?;
        let mut arguments = Vec::new();
        while !self.eat(')') {
            arguments.push(self.expr()?);
            if !self.eat(',') && !self.peek(')') {
                return Err(self.error("expected a comma or a closing parenthesis"));
            }
        }
        Ok(arguments)
    }

    /// `(a, b)`; a trailing comma is allowed, as in Prometheus.
    fn labels(&mut self) -> Result<Vec<String>, PromqlError> {
        self.expect('(', "expected a list of labels")?;
        let mut labels = Vec::new();
        while !self.eat(')') {
            let Some(label) = self.identifier() else {
                return Err(self.error("expected a label"));
            };
            labels.push(label.to_owned());
            if !self.eat(',') && !self.peek(')') {
                return Err(self.error("expected a comma or a closing parenthesis"));
            }
        }
        Ok(labels)
    }

    fn selector(&mut self, name: Option<&str>) -> Result<Selector, PromqlError> {
        let mut matchers = Vec::new();
        if let Some(name) = name {
            matchers.push(self.matcher("__name__", "=", name)?);
        }
        if self.eat('{') {
            while !self.eat('}') {
                let Some(label) = self.identifier() else {
                    return Err(self.error("expected a label"));
                };
                self.space();
                let operator = ["=~", "!~", "!=", "="]
                    .into_iter()
                    .find(|operator| self.rest.starts_with(operator))
                    .ok_or_else(|| self.error("expected a label matching operator"))?;
                self.rest = &self.rest[operator.len()..];
                let value = self.string()?;
                matchers.push(self.matcher(label, operator, &value)?);
                if !self.eat(',') && !self.peek('}') {
                    return Err(self.error("expected a comma or a closing brace"));
                }
            }
        } else if name.is_none() {
            return Err(self.error("expected an expression"));
        }
        if matchers
            .iter()
            .all(|matcher| matcher.pattern.is_match("") == matcher.wanted)
        {
            return Err(self.error("a selector must contain at least one non-empty matcher"));
        }
        Ok(Selector { matchers })
    }

    fn matcher(&self, label: &str, operator: &str, value: &str) -> Result<Matcher, PromqlError> {
        let is_regex = operator.ends_with('~');
        let pattern = if is_regex {
            format!("^(?s:{value})$")
        } else {
            format!("^{}$", regex::escape(value))
        };
        Ok(Matcher {
            label: label.to_owned(),
            wanted: !operator.starts_with('!'),
            pattern: Regex::new(&pattern).map_err(|_| self.error("bad regular expression"))?,
            literal: (operator == "=").then(|| value.to_owned()),
        })
    }

    /// `[5m]`, `[5m:30s]`, `offset 1m`, `@ 5`
    fn range(&mut self) -> Result<(), PromqlError> {
        if self.eat('[') {
            let Some((_, rest)) = self.rest.split_once(']') else {
                return Err(self.error("expected a closing bracket"));
            };
            self.rest = rest;
        }
        if self.word("offset") {
            self.space();
            let end = self
                .rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
        Ok(())
    }

    fn operator(&mut self) -> Option<&'static str> {
        self.space();
        let operator = OPERATORS.into_iter().find(|operator| {
            let Some(after) = self.rest.strip_prefix(operator) else {
                return false;
            };
            !operator.starts_with(char::is_alphabetic) || !after.starts_with(is_word)
        })?;
        self.rest = &self.rest[operator.len()..];
        Some(operator)
    }

    fn number(&mut self) -> Option<f64> {
        if !self
            .rest
            .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            return None;
        }
        let mut end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .unwrap_or(self.rest.len());
        // `1e-3`: the sign belongs to the number.
        if self.rest[..end].ends_with('e') {
            end += self.rest[end + 1..]
                .find(|c: char| !c.is_ascii_digit())
                .map_or(self.rest.len() - end, |digits| digits + 1);
        }
        let number = self.rest[..end].parse().ok()?;
        self.rest = &self.rest[end..];
        Some(number)
    }

    fn string(&mut self) -> Result<String, PromqlError> {
        self.space();
        let mut characters = self.rest.char_indices();
        let quote = match characters.next() {
            Some((_, quote @ ('"' | '\''))) => quote,
            _ => return Err(self.error("expected a quoted value")),
        };
        let mut value = String::new();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, escaped)) => value.push(escaped),
                    None => break,
                },
                _ if character == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                _ => value.push(character),
            }
        }
        Err(self.error("a quoted value does not end"))
    }

    fn identifier(&mut self) -> Option<&'a str> {
        self.space();
        if !self
            .rest
            .starts_with(|c| is_word(c) && !char::is_numeric(c))
        {
            return None;
        }
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(name)
    }

    fn word(&mut self, word: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_word) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn eat(&mut self, character: char) -> bool {
        self.space();
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn peek(&mut self, character: char) -> bool {
        self.space();
        self.rest.starts_with(character)
    }

    fn expect(&mut self, character: char, what: &'static str) -> Result<(), PromqlError> {
        if self.eat(character) {
            Ok(())
        } else {
            Err(self.error(what))
        }
    }

    fn end(&mut self) -> Result<(), PromqlError> {
        self.space();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error("unexpected text"))
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn error(&self, what: &'static str) -> PromqlError {
        PromqlError {
            what,
            rest: self.rest.chars().take(40).collect(),
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == ':'
}
