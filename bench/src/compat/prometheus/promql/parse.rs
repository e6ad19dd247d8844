//! Text to tree, by recursive descent.

pub mod cursor;

use regex::Regex;

use self::cursor::Parser;
use super::{Expr, Matcher, PromqlError, Selector};

const AGGREGATIONS: [&str; 10] = [
    "sum", "avg", "min", "max", "count", "stddev", "topk", "bottomk", "quantile", "group",
];
/// Deeper nesting than any rule has; the parser must not run out of stack.
const DEEPEST: usize = 60;

/// A whole expression.
pub fn parse(text: &str) -> Result<Expr, PromqlError> {
    let mut parser = Parser::new(text);
    let expr = parser.expr()?;
    parser.end()?;
    Ok(expr)
}

/// A whole selector, as `match[]` and the lines of a case hold them.
pub fn parse_selector(text: &str) -> Result<Selector, PromqlError> {
    let mut parser = Parser::new(text);
    let name = parser.identifier();
    let selector = parser.selector(name)?;
    parser.end()?;
    Ok(selector)
}

impl Parser<'_> {
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
}
