//! Text in quotes, as Go's `%q` writes it: the form of every label value in a query and of values in errors.

use std::{fmt::Write as _, sync::LazyLock};

use regex::Regex;

/// What Go's `strconv.IsPrint` keeps verbatim: letters, marks, numbers, punctuation, symbols and U+0020.
static PRINTABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").ok());

/// Quotes `text` for Go and PromQL. No text can end the literal it is put into.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        push_escaped(&mut out, character);
    }
    out.push('"');
    out
}

fn push_escaped(out: &mut String, character: char) {
    let short = match character {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        _ if is_printable(character) => {
            out.push(character);
            return;
        }
        _ => "",
    };
    out.push_str(short);
    if short.is_empty() {
        let code = u32::from(character);
        // Writing to a string cannot fail.
        let _ = match code {
            0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
            0x80..=0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
}

pub(crate) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return character == ' ' || character.is_ascii_graphic();
    }
    let mut buffer = [0; 4];
    let text = character.encode_utf8(&mut buffer);
    PRINTABLE
        .as_ref()
        .is_some_and(|printable| printable.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("pod-b", r#""pod-b""#)]
    #[case(r#"p"o\d"#, r#""p\"o\\d""#)]
    #[case("a\nb\tc\u{7}\u{b}", r#""a\nb\tc\a\v""#)]
    #[case("\u{0}\u{1f}\u{7f}", r#""\x00\x1f\x7f""#)]
    #[case("é|世界 x", r#""é|世界 x""#)]
    #[case("\u{a0}\u{ad}\u{85}", r#""\u00a0\u00ad\u0085""#)]
    #[case("e\u{301}", "\"e\u{301}\"")]
    #[case("😀\u{e0001}", r#""😀\U000e0001""#)]
    fn quoting_follows_go(#[case] text: &str, #[case] quoted: &str) {
        assert_eq!(quote(text), quoted);
    }
}
