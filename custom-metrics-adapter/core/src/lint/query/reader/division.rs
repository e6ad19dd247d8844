//! Whether a division may be one by zero.

use crate::lint::scan::Token;

/// Looks at the right side of a division: up to the end of its parenthesis or the next operator of
/// its level.
pub(super) fn guarded(right: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for (index, token) in right.iter().enumerate() {
        match token {
            Token::Number(number) if index == 0 => {
                return number.parse::<f64>().is_ok_and(|number| number != 0.0);
            }
            Token::Sign("(" | "{") => depth += 1,
            // What is compared as a whole drops a NaN as well.
            Token::Sign(")" | "}") if depth == 0 => {
                return matches!(
                    right.get(index + 1),
                    Some(Token::Sign(">" | ">=" | "<" | "<=" | "==" | "!="))
                );
            }
            Token::Sign(")" | "}") => depth -= 1,
            Token::Sign("," | "+" | "-" | "*" | "/") if depth == 0 => return false,
            Token::Sign(">" | ">=" | "==") => return true,
            // Inside braces it matches labels.
            Token::Sign("!=") if !matches!(right.get(index + 1), Some(Token::Text(_))) => {
                return true;
            }
            Token::Word(word) if word.eq_ignore_ascii_case("clamp_min") => return true,
            Token::Word(word) if depth == 0 && word.eq_ignore_ascii_case("or") => return false,
            _ => {}
        }
    }
    false
}
