//! The part of Go's `text/template` that rules use, with `<<` and `>>` as delimiters.
//!
//! Supported is the whole language of Go 1.22 as far as it has a meaning here: there are no methods, no
//! functions as values (`call` always fails) and no complex numbers. `printf` knows the usual verbs and flags,
//! and what Go would print as a complaint is an error. Everything else that is wrong is an error of the rule,
//! with its place. Execution always ends: nesting, steps and output are bounded.

mod escape;
mod execute;
mod format;
mod functions;
mod lexer;
mod parser;
mod tree;
mod value;

pub use value::Value;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    tree: tree::Tree,
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct TemplateError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub problem: String,
}

/// A problem at a byte offset; becomes a [`TemplateError`] once the text is at hand.
#[derive(Clone, Debug)]
struct Problem {
    at: usize,
    text: String,
}

impl Problem {
    fn new(at: usize, text: impl Into<String>) -> Self {
        Self {
            at,
            text: text.into(),
        }
    }

    fn place(self, source: &str) -> TemplateError {
        let before = source.get(..self.at).unwrap_or(source);
        let line = before.rsplit('\n').next().unwrap_or_default();
        TemplateError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            problem: self.text,
        }
    }
}

/// Longest text a template may produce: several times what Prometheus takes in one query.
const OUTPUT_MAX: usize = 16 << 20;

/// Most nodes one expansion may visit: nested ranges multiply, and a request must not hang on them.
const STEPS_MAX: usize = 1_000_000;

impl Template {
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let parsed = lexer::scan(source).and_then(|tokens| parser::parse(tokens, source.len()));
        parsed
            .map(|tree| Self { tree })
            .map_err(|problem| problem.place(source))
    }

    /// Expands the template over `data`, which is `.` at the start. `Err` says what failed.
    pub fn execute(&self, data: &Value) -> Result<String, String> {
        execute::run(&self.tree, data).map_err(|problem| problem.text)
    }
}

#[cfg(test)]
mod tests;
