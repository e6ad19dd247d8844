//! Numbers and quoted texts.

use super::Kind;
use crate::template::Problem;

pub(super) fn number(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let part = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '+' | '-')
    };
    let text = &rest[..rest
        .find(|character| !part(character))
        .unwrap_or(rest.len())];
    let kind = text
        .parse()
        .map(Kind::Int)
        .or_else(|_| text.parse().map(Kind::Float));
    match kind {
        Ok(kind) if text.ends_with(|last: char| last.is_ascii_digit() || last == '.') => {
            Ok((kind, text.len()))
        }
        _ => Err(Problem::new(at, format!("{text:?} is no number"))),
    }
}

/// A Go string literal: `\n`, `\"`, `\x41`, `\u00e9`.
pub(super) fn quoted(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((Kind::Text(text), index + 1)),
            '\n' => break,
            '\\' => {
                let Some((_, escape)) = characters.next() else {
                    break;
                };
                let digits = match escape {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                if digits == 0 {
                    text.push(plain_escape(escape).ok_or_else(|| bad_escape(at + index, escape))?);
                    continue;
                }
                let code: String = characters
                    .by_ref()
                    .take(digits)
                    .map(|(_, digit)| digit)
                    .collect();
                let code = u32::from_str_radix(&code, 16)
                    .ok()
                    .filter(|_| code.len() == digits);
                text.push(
                    code.and_then(char::from_u32)
                        .ok_or_else(|| bad_escape(at + index, escape))?,
                );
            }
            _ => text.push(character),
        }
    }
    Err(Problem::new(at, "this text is not closed by \""))
}

fn bad_escape(at: usize, escape: char) -> Problem {
    Problem::new(at, format!("unknown escape \\{escape} in a text"))
}

fn plain_escape(escape: char) -> Option<char> {
    Some(match escape {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '"' => escape,
        _ => return None,
    })
}
