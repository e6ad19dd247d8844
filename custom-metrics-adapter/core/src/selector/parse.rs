//! Text → requirements: a scanner for symbols and words, and a parser of one word ahead.

use super::{Operator, Requirement, SelectorError, validate};

type Result<T> = std::result::Result<T, SelectorError>;

/// `in` and `notin` are words like any other wherever a key or a value may stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Comma,
    Open,
    Close,
    Bang,
    Binary(Operator),
    End,
}

impl Token<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Comma => ",",
            Self::Open => "(",
            Self::Close => ")",
            Self::Bang => "!",
            Self::Binary(operator) => operator.symbol(),
            Self::End => "",
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

fn wrong<T>(found: &Token<'_>, expected: &str) -> Result<T> {
    Err(SelectorError(format!(
        "found '{}', expected: {expected}",
        found.text()
    )))
}

/// The text after a first `symbol`, and the token that symbol is; longer symbols come first.
const SYMBOLS: [(&str, Token<'static>); 9] = [
    ("==", Token::Binary(Operator::DoubleEquals)),
    ("!=", Token::Binary(Operator::NotEquals)),
    ("=", Token::Binary(Operator::Equals)),
    (">", Token::Binary(Operator::GreaterThan)),
    ("<", Token::Binary(Operator::LessThan)),
    ("!", Token::Bang),
    (",", Token::Comma),
    ("(", Token::Open),
    (")", Token::Close),
];

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

const fn ends_word(character: char) -> bool {
    is_space(character) || matches!(character, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Token<'a> {
        self.rest = self.rest.trim_start_matches(is_space);
        for (symbol, token) in SYMBOLS {
            if let Some(rest) = self.rest.strip_prefix(symbol) {
                self.rest = rest;
                return token;
            }
        }
        let end = self.rest.find(ends_word).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            Token::End
        } else {
            Token::Word(word)
        }
    }

    fn peek(&self) -> Token<'a> {
        Parser { rest: self.rest }.next()
    }

    fn requirement(&mut self) -> Result<Requirement> {
        let mut token = self.next();
        let negated = token == Token::Bang;
        if negated {
            token = self.next();
        }
        let Token::Word(key) = token else {
            return wrong(&token, "identifier");
        };
        validate::key(key)?;
        if negated {
            return Requirement::new(key, Operator::DoesNotExist, vec![]);
        }
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Requirement::new(key, Operator::Exists, vec![]);
        }
        let operator = match self.next() {
            Token::Binary(operator) => operator,
            Token::Word("in") => Operator::In,
            Token::Word("notin") => Operator::NotIn,
            token => return wrong(&token, "in, notin, =, ==, !=, gt, lt"),
        };
        let values = match operator {
            Operator::In | Operator::NotIn => self.set()?,
            _ => vec![self.single()?],
        };
        Requirement::new(key, operator, values)
    }

    fn single(&mut self) -> Result<String> {
        match self.peek() {
            Token::End | Token::Comma => Ok(String::new()),
            token => {
                self.next();
                let Token::Word(word) = token else {
                    return wrong(&token, "identifier");
                };
                Ok(word.to_owned())
            }
        }
    }

    /// `(a,b)`. A place without a word between commas or brackets is the empty value, and so is `()`.
    fn set(&mut self) -> Result<Vec<String>> {
        let token = self.next();
        if token != Token::Open {
            return Err(SelectorError(format!(
                "found '{}' expected: '('",
                token.text()
            )));
        }
        let mut values = vec![];
        match self.peek() {
            Token::Word(_) | Token::Comma | Token::Close => {}
            token => return wrong(&token, "',', ')' or identifier"),
        }
        loop {
            match self.peek() {
                Token::Word(word) => {
                    self.next();
                    values.push(word.to_owned());
                }
                _ => values.push(String::new()),
            }
            match self.next() {
                Token::Comma => {}
                Token::Close => return Ok(values),
                token => return wrong(&token, "',' or ')'"),
            }
        }
    }
}

pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>> {
    let mut parser = Parser { rest: text };
    let mut requirements = vec![];
    loop {
        match parser.peek() {
            Token::End => return Ok(requirements),
            Token::Word(_) | Token::Bang => {}
            token => return wrong(&token, "!, identifier, or 'end of string'"),
        }
        let requirement = parser
            .requirement()
            .map_err(|error| SelectorError(format!("unable to parse requirement: {error}")))?;
        requirements.push(requirement);
        match parser.next() {
            Token::End => return Ok(requirements),
            Token::Comma => {}
            token => return wrong(&token, "',' or 'end of string'"),
        }
        match parser.peek() {
            Token::Word(_) | Token::Bang => {}
            token => return wrong(&token, "identifier after ','"),
        }
    }
}
