//! Text → tokens: what stands outside the delimiters, and the words inside.

mod literal;

use super::Problem;

const OPEN: &str = "<<";
const CLOSE: &str = ">>";

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Outside the delimiters.
    Verbatim(String),
    Open,
    Close,
    /// `if`, `index`, `true`
    Word(String),
    /// `.`
    Dot,
    /// `.Name`
    Field(String),
    /// `$`, `$name`
    Variable(String),
    Text(String),
    Int(i64),
    Float(f64),
    Pipe,
    Comma,
    LeftParen,
    RightParen,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Byte offset in the template.
    pub(super) at: usize,
    /// Nothing stands between this token and the one before, so that `.a.b` is one operand.
    pub(super) glued: bool,
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

pub(super) fn scan(source: &str) -> Result<Vec<Token>, Problem> {
    let mut lexer = Lexer {
        source,
        at: 0,
        tokens: vec![],
    };
    let mut trim = false;
    loop {
        let rest = lexer.rest();
        let end = rest.find(OPEN).unwrap_or(rest.len());
        let (mut text, opened) = rest.split_at(end);
        if trim {
            text = text.trim_start_matches(is_space);
        }
        let inner = opened.get(OPEN.len()..).unwrap_or_default();
        let trims_before = inner.starts_with('-') && inner[1..].starts_with(is_space);
        if trims_before {
            text = text.trim_end_matches(is_space);
        }
        if !text.is_empty() {
            let at = lexer.at;
            lexer.tokens.push(Token {
                kind: Kind::Verbatim(text.to_owned()),
                at,
                glued: false,
            });
        }
        if opened.is_empty() {
            return Ok(lexer.tokens);
        }
        lexer.at += end;
        trim = lexer.action(if trims_before {
            OPEN.len() + 1
        } else {
            OPEN.len()
        })?;
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// One action; says whether its closing delimiter trims the text after it.
    fn action(&mut self, opening: usize) -> Result<bool, Problem> {
        let start = self.at;
        self.at += opening;
        let comment = self.rest().trim_start_matches(is_space);
        if comment.starts_with("/*") {
            self.at = self.source.len() - comment.len();
            return self.comment(start);
        }
        self.tokens.push(Token {
            kind: Kind::Open,
            at: start,
            glued: false,
        });
        loop {
            let rest = self.rest();
            let spaces = rest.len() - rest.trim_start_matches(is_space).len();
            self.at += spaces;
            let rest = self.rest();
            let trims = spaces > 0
                && rest
                    .strip_prefix('-')
                    .is_some_and(|rest| rest.starts_with(CLOSE));
            if trims || rest.starts_with(CLOSE) {
                self.tokens.push(Token {
                    kind: Kind::Close,
                    at: self.at,
                    glued: false,
                });
                self.at += CLOSE.len() + usize::from(trims);
                return Ok(trims);
            }
            if rest.is_empty() {
                return Err(Problem::new(start, "this action is not closed by >>"));
            }
            let (kind, length) = token(rest, self.at)?;
            self.tokens.push(Token {
                kind,
                at: self.at,
                glued: spaces == 0,
            });
            self.at += length;
        }
    }

    fn comment(&mut self, start: usize) -> Result<bool, Problem> {
        let rest = self.rest();
        let Some(end) = rest.find("*/") else {
            return Err(Problem::new(start, "this comment is not closed by */"));
        };
        let after = &rest[end + 2..];
        let close = after.trim_start_matches(is_space);
        let trims = close.len() < after.len() && close.starts_with('-');
        let Some(after) = close.strip_prefix(if trims { "->>" } else { CLOSE }) else {
            return Err(Problem::new(start, "a comment must be alone in its action"));
        };
        self.at = self.source.len() - after.len();
        Ok(trims)
    }
}

/// The first token of `rest`, which is neither empty nor a space, and its length in bytes.
fn token(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let name = |text: &str| {
        let end = text.find(|character: char| !(character.is_alphanumeric() || character == '_'));
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let first = rest.chars().next().unwrap_or_default();
    let after = &rest[first.len_utf8()..];
    let kind = match first {
        '|' => (Kind::Pipe, 1),
        ',' => (Kind::Comma, 1),
        '(' => (Kind::LeftParen, 1),
        ')' => (Kind::RightParen, 1),
        '=' => (Kind::Assign, 1),
        ':' if after.starts_with('=') => (Kind::Declare, 2),
        '"' => literal::quoted(rest, at)?,
        '\'' => literal::character(rest, at)?,
        '`' => match after.find('`') {
            Some(end) => (Kind::Text(after[..end].to_owned()), end + 2),
            None => return Err(Problem::new(at, "this text is not closed by `")),
        },
        '.' if after.starts_with(|next: char| next.is_alphabetic() || next == '_') => {
            let name = name(after);
            let length = name.len() + 1;
            (Kind::Field(name), length)
        }
        '.' if !after.starts_with(|next: char| next.is_ascii_digit()) => (Kind::Dot, 1),
        '$' => {
            let name = name(after);
            let length = name.len() + 1;
            (Kind::Variable(name), length)
        }
        '+' | '-' | '.' | '0'..='9' => literal::number(rest, at)?,
        _ if first.is_alphabetic() || first == '_' => {
            let name = name(rest);
            let length = name.len();
            (Kind::Word(name), length)
        }
        _ => return Err(Problem::new(at, format!("unexpected {first:?}"))),
    };
    Ok(kind)
}
