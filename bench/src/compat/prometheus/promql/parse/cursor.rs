//! Words, numbers and quoted values, one after the other.

use super::super::PromqlError;

/// Longest first.
const OPERATORS: [&str; 15] = [
    "==", "!=", "<=", ">=", "and", "or", "unless", "<", ">", "+", "-", "*", "/", "%", "^",
];

/// What is left to read.
#[derive(Debug)]
pub struct Parser<'a> {
    pub rest: &'a str,
    /// How many expressions surround this one.
    pub depth: usize,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            depth: 0,
        }
    }

    pub fn operator(&mut self) -> Option<&'static str> {
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

    pub fn number(&mut self) -> Option<f64> {
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

    pub fn string(&mut self) -> Result<String, PromqlError> {
        self.space();
        let mut characters = self.rest.char_indices();
        let Some((_, quote @ ('"' | '\''))) = characters.next() else {
            return Err(self.error("expected a quoted value"));
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

    pub fn identifier(&mut self) -> Option<&'a str> {
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

    pub fn word(&mut self, word: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_word) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    pub fn eat(&mut self, character: char) -> bool {
        self.space();
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub fn peek(&mut self, character: char) -> bool {
        self.space();
        self.rest.starts_with(character)
    }

    pub fn expect(&mut self, character: char, what: &'static str) -> Result<(), PromqlError> {
        if self.eat(character) {
            Ok(())
        } else {
            Err(self.error(what))
        }
    }

    pub fn end(&mut self) -> Result<(), PromqlError> {
        self.space();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error("unexpected text"))
        }
    }

    pub fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub fn error(&self, what: &'static str) -> PromqlError {
        PromqlError {
            what,
            rest: self.rest.chars().take(40).collect(),
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == ':'
}
