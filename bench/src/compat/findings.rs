//! Unexplained differences as text, for whoever must explain or mend them. Pure.

use std::{borrow::Cow, fmt::Write as _};

use super::judge::{Judged, Unexplained};

/// Longer values are cut: this is for people.
const LONGEST: usize = 700;

pub fn render(judged: &Judged) -> String {
    let mut text = String::new();
    for Unexplained {
        case,
        pair,
        differences,
    } in &judged.unexplained
    {
        _ = writeln!(text, "{case}: {}", pair.request);
        for difference in differences {
            _ = writeln!(text, "  {}", difference.at);
            _ = writeln!(text, "    rival  {}", cut(&difference.rival));
            _ = writeln!(text, "    ours   {}", cut(&difference.ours));
        }
        let (rival, ours) = &pair.asked;
        for (side, asked, other) in [("rival", rival, ours), ("ours ", ours, rival)] {
            for question in asked.iter().filter(|question| !other.contains(question)) {
                _ = writeln!(text, "  only {side} asked {question}");
            }
        }
    }
    for id in judged.unused.iter().flatten() {
        _ = writeln!(text, "the reviewed difference {id:?} does not occur");
    }
    for fault in &judged.faults {
        for request in &fault.missed {
            _ = writeln!(
                text,
                "the planted fault {:?} was not noticed in {request}",
                fault.name
            );
        }
    }
    text
}

fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::{
        compare::Difference,
        judge::{Pair, Planted},
        samples::{LIST, answer, now},
    };

    #[test]
    fn everything_that_needs_a_person_is_said() {
        let judged = Judged {
            unexplained: vec![Unexplained {
                case: "walkthrough".to_owned(),
                pair: Pair {
                    request: "GET /x".to_owned(),
                    rival: answer(200, "application/json", LIST),
                    ours: answer(200, "application/json", LIST),
                    at: now(),
                    asked: (vec!["Query a".to_owned()], vec!["Query b".to_owned()]),
                },
                differences: vec![Difference {
                    at: "/items/0/value".to_owned(),
                    rival: "1".to_owned(),
                    ours: "2".to_owned(),
                }],
            }],
            unused: Some(vec!["nan".to_owned()]),
            faults: vec![Planted {
                name: "lost item",
                planted: 1,
                missed: vec!["walkthrough: GET /y".to_owned()],
            }],
            ..Judged::default()
        };
        insta::assert_snapshot!(render(&judged), @r#"
        walkthrough: GET /x
          /items/0/value
            rival  1
            ours   2
          only rival asked Query a
          only ours  asked Query b
        the reviewed difference "nan" does not occur
        the planted fault "lost item" was not noticed in walkthrough: GET /y
        "#);
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(cut("short"), "short");
        let long = "é".repeat(5000);
        assert_eq!(
            cut(&long).chars().count(),
            LONGEST + "… (10000 bytes)".chars().count()
        );
    }
}
