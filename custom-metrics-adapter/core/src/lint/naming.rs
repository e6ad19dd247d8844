//! `name`: what metrics are called.

use regex::Regex;

use super::{Code, Finding, Subject, some};
use crate::re2;

pub(super) fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let matches = subject.raw.name.matches.as_str();
    if matches.is_empty() {
        return unknown_groups(subject, None);
    }
    // A pattern that does not compile is an error of the rule already.
    let Ok(pattern) = re2::compile(matches) else {
        return vec![];
    };
    let mut findings = unknown_groups(subject, Some(&pattern));
    findings.extend(text_lost(subject, &pattern));
    findings
}

/// `$1_per_second` is the group called `1_per_second`.
fn unknown_groups(subject: &Subject<'_>, pattern: Option<&Regex>) -> Vec<Finding> {
    let expansion = subject.raw.name.expansion.as_str();
    let known = |name: &str| match (name.parse::<usize>(), pattern) {
        (Ok(number), Some(pattern)) => number < pattern.captures_len(),
        (Ok(number), None) => number == 0,
        (Err(_), Some(pattern)) => pattern.capture_names().flatten().any(|known| known == name),
        (Err(_), None) => false,
    };
    references(expansion)
        .into_iter()
        .filter(|(_, name)| !known(name))
        .map(|(reference, name)| {
            let digits = name.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = name.split_at(digits);
            let fix = if number.is_empty() || rest.is_empty() {
                format!(
                    "name a group of name.matches, of which there are {}",
                    count(pattern)
                )
            } else {
                format!("write ${{{number}}}{rest}")
            };
            let what = format!("{expansion:?} refers to the group {name:?} by {reference}");
            subject.finding(Code::UnknownGroup, "name.as", what, fix)
        })
        .collect()
}

fn count(pattern: Option<&Regex>) -> usize {
    pattern.map_or(0, |pattern| pattern.captures_len() - 1)
}

/// `$name` and `${name}` with their names; `$$` is a dollar.
fn references(expansion: &str) -> Vec<(String, String)> {
    let mut found = vec![];
    let mut rest = expansion;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
        } else if let Some((name, after)) = after
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
        {
            if is_name(name) {
                found.push((format!("${{{name}}}"), name.to_owned()));
                rest = after;
            }
        } else {
            let end = after
                .find(|c: char| !is_name_character(c))
                .unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if !name.is_empty() {
                found.push((format!("${name}"), name.to_owned()));
            }
            rest = after;
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_character)
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Told by the series where they are known, else by the pattern's ends.
fn text_lost(subject: &Subject<'_>, pattern: &Regex) -> Option<Finding> {
    let matches = subject.raw.name.matches.as_str();
    let names = subject.names();
    let losing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| {
            pattern
                .find(name)
                .is_some_and(|found| found.range() != (0..name.len()))
        })
        .collect();
    let fix = "anchor it at both ends, as in \"^(.*)_total$\"";
    if let Some(first) = losing.first() {
        let metric = subject.rule.metric(first);
        let metric = metric.map_or_else(|error| error.to_string(), |metric| metric.to_string());
        let what = format!(
            "{matches:?} matches only a part of {}: {first} becomes {metric}",
            some(&losing, 3)
        );
        return Some(subject.finding(Code::TextLost, "name.matches", what, fix));
    }
    let open = !(matches.starts_with('^') || matches.starts_with(".*"))
        || !(matches.ends_with('$') || matches.ends_with(".*"));
    (names.is_empty() && open).then(|| {
        let what = format!("{matches:?} may match only a part of a name");
        let finding = subject.finding(Code::TextLost, "name.matches", what, fix);
        finding.with_severity(super::Severity::Note)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_go_reads_them() {
        let names = |text: &str| -> Vec<String> {
            references(text).into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names("$1_per_second"), ["1_per_second"]);
        assert_eq!(names("${1}_per_second-$x$$y"), ["1", "x"]);
        assert_eq!(names("$-${a-b}$"), Vec::<String>::new());
    }
}
