//! What is wrong, and where.

use std::fmt;

use super::nearest::nearest;

/// What is wrong with a file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct YamlError {
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// Where in the structure, such as `rules[3].name`; empty at the top.
    pub path: String,
    /// With what would be right.
    pub problem: String,
}

impl YamlError {
    pub(super) fn at(line: usize, problem: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            path: String::new(),
            problem: problem.into(),
        }
    }

    /// Fills in a line where none is known yet.
    pub(super) fn on(mut self, line: usize) -> Self {
        self.line.get_or_insert(line);
        self
    }

    /// The same seen from further out.
    pub(super) fn below(mut self, segment: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{segment}{dot}{}", self.path);
        self
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(out, "{}: ", self.path)?;
        }
        out.write_str(&self.problem)
    }
}

impl std::error::Error for YamlError {}

impl serde::de::Error for YamlError {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self {
            problem: problem.to_string(),
            ..Self::default()
        }
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown key `{key}`; {}", advice(key, known)))
    }

    fn unknown_variant(value: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format_args!("{value:?}: {}", advice(value, known)))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::custom(format_args!("`{key}` is missing"))
    }
}

fn advice(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it may be one of {}", known.join(", ")),
    }
}
