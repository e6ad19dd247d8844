//! PromQL cut into tokens, leniently: what is not understood is skipped, never an error.

/// One token. Text is borrowed from the query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// A name or a keyword, `:` included.
    Word(&'a str),
    /// A number or a duration.
    Number(&'a str),
    /// The inside of a quoted string, escapes untouched.
    Text(&'a str),
    /// The inside of `[…]`.
    Range(&'a str),
    /// `(`, `)`, `{`, `}`, `,` and operators, longest first.
    Sign(&'a str),
}

const SIGNS: [&str; 6] = ["=~", "!~", "!=", "==", ">=", "<="];

pub(super) fn tokens(query: &str) -> Vec<Token<'_>> {
    let mut found = vec![];
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first);
        found.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// A token at the beginning of `rest` and the length of what it takes.
fn next(rest: &str, first: char) -> (Option<Token<'_>>, usize) {
    let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    match first {
        '#' => (None, rest.find('\n').unwrap_or(rest.len())),
        '"' | '\'' | '`' => {
            let length = quoted(rest, first);
            let inside = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
            (Some(Token::Text(inside)), length)
        }
        '[' => {
            let end = rest.find(']').unwrap_or(rest.len());
            let inside = rest.get(1..end).unwrap_or_default();
            (Some(Token::Range(inside.trim())), (end + 1).min(rest.len()))
        }
        _ if first.is_ascii_digit() => {
            let length = run(|c| c.is_ascii_alphanumeric() || c == '.');
            (rest.get(..length).map(Token::Number), length)
        }
        _ if is_word(first) => {
            let length = run(is_word);
            (rest.get(..length).map(Token::Word), length)
        }
        _ if first.is_whitespace() => (None, first.len_utf8()),
        _ => {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let length = sign.map_or_else(|| first.len_utf8(), |sign| sign.len());
            (rest.get(..length).map(Token::Sign), length)
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | ':')
}

/// Length of a quoted string, quotes included. Backquotes know no escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote != '`' {
            escaped = true;
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_falls_into_its_tokens() {
        use Token::{Number, Range, Sign, Text, Word};
        let query = r#"sum(rate(a:b{x=~"y\"z"}[5m])) / 2 # why"#;
        assert_eq!(
            tokens(query),
            [
                Word("sum"),
                Sign("("),
                Word("rate"),
                Sign("("),
                Word("a:b"),
                Sign("{"),
                Word("x"),
                Sign("=~"),
                Text(r#"y\"z"#),
                Sign("}"),
                Range("5m"),
                Sign(")"),
                Sign(")"),
                Sign("/"),
                Number("2"),
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_end(text in "\\PC{0,40}") {
            let _ = tokens(&text);
        }
    }
}
