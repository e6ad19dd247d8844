//! Go's regular expressions on Rust's engine.
//!
//! Both descend from RE2; the differences that people's rules can meet are translated: `\d \w \s \b` and
//! their opposites are ASCII in Go, `\Q..\E` quotes, `{` without a count is a plain character, and a class
//! knows no nesting and no set operators.

use std::{iter::Peekable, str::Chars};

use regex::Regex;

/// Compiles a pattern written for Go.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&translate(pattern))
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, &mut out, false),
            '[' => class(&mut rest, &mut out),
            '{' if !is_count(rest.clone()) => out.push_str("\\{"),
            _ => out.push(character),
        }
    }
    out
}

/// Everything after `[`, up to and with the closing `]`.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if let Some(negation) = rest.next_if_eq(&'^') {
        out.push(negation);
    }
    // First in a class, `]` is itself.
    if rest.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    while let Some(character) = rest.next() {
        match character {
            ']' => {
                out.push(']');
                return;
            }
            '\\' => escape(rest, out, true),
            '[' if rest.peek() == Some(&':') => {
                out.push('[');
                out.extend(rest.next());
                while let Some(character) = rest.next_if(|next| *next != ']') {
                    out.push(character);
                }
                out.extend(rest.next());
            }
            '[' => out.push_str("\\["),
            '&' | '~' => {
                out.push('\\');
                out.push(character);
            }
            '-' if rest.next_if_eq(&'-').is_some() => out.push_str("-\\-"),
            _ => out.push(character),
        }
    }
}

/// Everything after a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String, in_class: bool) {
    let Some(character) = rest.next() else {
        out.push('\\');
        return;
    };
    match character {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str("[\\t\\n\\f\\r ]"),
        'S' => out.push_str("[^\\t\\n\\f\\r ]"),
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        'B' if !in_class => out.push_str("(?-u:\\B)"),
        'Q' => quoted(rest, out),
        _ => {
            out.push('\\');
            out.push(character);
            // `\x{10ffff}` and `\p{Greek}` carry their own braces.
            if matches!(character, 'x' | 'p' | 'P') && rest.peek() == Some(&'{') {
                while let Some(character) = rest.next_if(|next| *next != '}') {
                    out.push(character);
                }
            }
        }
    }
}

fn quoted(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut text = String::new();
    while let Some(character) = rest.next() {
        if character == '\\' && rest.next_if_eq(&'E').is_some() {
            break;
        }
        text.push(character);
    }
    out.push_str(&regex::escape(&text));
}

/// Whether `2}`, `2,}` or `2,3}` follows.
fn is_count(rest: Peekable<Chars<'_>>) -> bool {
    let count: String = rest
        .take_while(|next| *next != '}' && (next.is_ascii_digit() || *next == ','))
        .collect();
    let (low, high) = count.split_once(',').unwrap_or((&count, ""));
    !low.is_empty() && !high.contains(',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(r"^\d+$", "12", true)]
    #[case(r"^\d+$", "١٢", false)]
    #[case(r"^\w+$", "é", false)]
    #[case(r"^[\W]$", "é", true)]
    #[case(r"\bfoo\b", "éfoo", true)]
    #[case(r"^\s$", "\u{a0}", false)]
    #[case(r"^\Qa.b[\E+$", "a.b[[", true)]
    #[case(r"^\Qa.b\E$", "axb", false)]
    #[case(r"^a{$", "a{", true)]
    #[case(r"^a{2,}$", "aaa", true)]
    #[case(r"^a{x}$", "a{x}", true)]
    #[case(r"^[[a]+$", "[a", true)]
    #[case(r"^[]a]+$", "]a", true)]
    #[case(r"^[a&&b]+$", "a&b", true)]
    #[case(r"^[+--]+$", "+,-", true)]
    #[case(r"^[[:alpha:]_]+$", "ab_", true)]
    #[case(r"^\x{e9}\p{Greek}\x41$", "éβA", true)]
    #[case(r"my_.*", "oh_my_label", true)]
    fn patterns_mean_what_they_mean_in_go(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(compile(pattern).unwrap().is_match(text), expected);
    }

    #[rstest]
    #[case("(")]
    #[case("[a")]
    #[case("a\\")]
    #[case(r"(?=a)")]
    #[case(r"(a)\1")]
    fn what_go_refuses_is_refused(#[case] pattern: &str) {
        assert!(compile(pattern).is_err());
    }
}
