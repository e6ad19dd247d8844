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
    let kind = integer(text).map(Kind::Int).or_else(|| float(text));
    match kind {
        Some(kind) => Ok((kind, text.len())),
        None => Err(Problem::new(at, format!("{text:?} is no number"))),
    }
}

/// Decimal, or as Go marks other bases: `0x`, `0o`, `0b`, or a leading `0` for octal.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(zero) if zero.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // Go lets one `_` stand between digits.
    let tidy = !digits.ends_with('_') && !digits.contains("__") && !digits.starts_with(['+', '-']);
    let digits = digits.replace('_', "");
    i64::from_str_radix(&format!("{sign}{digits}"), base)
        .ok()
        .filter(|_| tidy)
}

fn float(text: &str) -> Option<Kind> {
    let number = text.parse().ok().map(Kind::Float);
    number.filter(|_| text.ends_with(|last: char| last.is_ascii_digit() || last == '.'))
}

/// A Go character in quotes, which is a number: `'a'`.
pub(super) fn character(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let mut characters = rest.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some(character), Some('\'')) if !matches!(character, '\\' | '\'' | '\n') => Ok((
            Kind::Int(i64::from(u32::from(character))),
            character.len_utf8() + 2,
        )),
        _ => Err(Problem::new(
            at,
            "write one character in these quotes, or text in \"double\" ones",
        )),
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
