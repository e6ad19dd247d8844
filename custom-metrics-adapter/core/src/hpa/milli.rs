//! Quantities as an autoscaler reads them: whole thousandths, rounded up.

/// Powers of ten by suffix.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

/// Powers of 1024 by suffix.
const BINARY: [(&str, u32); 6] = [
    ("Ki", 1),
    ("Mi", 2),
    ("Gi", 3),
    ("Ti", 4),
    ("Pi", 5),
    ("Ei", 6),
];

/// Most digits that are read: beyond them no value fits anyway.
const DIGITS_MAX: usize = 24;

/// A text that is no Kubernetes quantity, or one beyond what fits into 64 bits of thousandths.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no quantity an autoscaler can read, such as 10, 1500m or 2Gi")]
pub struct NotMilli(pub String);

/// `Quantity.MilliValue()`: `1` is 1000, `1u` is 1, `2Gi` is 2147483648000.
///
/// # Errors
/// For what Kubernetes refuses too, and for numbers that would wrap around.
pub fn milli(text: &str) -> Result<i64, NotMilli> {
    read(text.trim()).ok_or_else(|| NotMilli(text.to_owned()))
}

fn read(text: &str) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > DIGITS_MAX || fraction.contains('.') {
        return None;
    }
    let mut digits: i128 = digits.parse().ok()?;
    let mut power = 3 - i32::try_from(fraction.len()).ok()?;
    if let Some((_, exponent)) = BINARY.iter().find(|(known, _)| *known == suffix) {
        digits = digits.checked_mul(1024_i128.checked_pow(*exponent)?)?;
    } else {
        power += decimal_power(suffix)?;
    }
    let digits = if negative { -digits } else { digits };
    i64::try_from(scale_up(digits, power)?).ok()
}

fn decimal_power(suffix: &str) -> Option<i32> {
    if let Some((_, power)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some(*power);
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    (-30..=30).contains(&exponent).then_some(exponent)
}

/// `digits * 10^power`, rounded away from zero as Kubernetes rounds.
fn scale_up(digits: i128, power: i32) -> Option<i128> {
    let factor = 10_i128.checked_pow(power.unsigned_abs())?;
    if power >= 0 {
        return digits.checked_mul(factor);
    }
    let rest = (digits % factor).signum();
    Some(digits / factor + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("10", 10_000)]
    #[case("10000m", 10_000)]
    #[case("0.5", 500)]
    #[case(".5", 500)]
    #[case("1.", 1000)]
    #[case("1u", 1)]
    #[case("1500u", 2)]
    #[case("-1500u", -2)]
    #[case("0.0001", 1)]
    #[case("2k", 2_000_000)]
    #[case("2Ki", 2_048_000)]
    #[case("2Gi", 2_147_483_648_000)]
    #[case("0.5Gi", 536_870_912_000)]
    #[case("1e3", 1_000_000)]
    #[case("1E-2", 10)]
    #[case("5E", 5_000_000_000_000_000_000_000)]
    #[case("+3", 3000)]
    fn thousandths_are_rounded_up(#[case] text: &str, #[case] expected: i128) {
        assert_eq!(milli(text).ok(), i64::try_from(expected).ok(), "{text}");
    }

    #[rstest]
    #[case("")]
    #[case("m")]
    #[case("1 k")]
    #[case("1K")]
    #[case("1.2.3")]
    #[case("--1")]
    #[case("NaN")]
    #[case("1e99")]
    #[case("10P0")]
    #[case("99999999999999999999999999999")]
    fn what_is_no_quantity_is_refused(#[case] text: &str) {
        assert!(milli(text).is_err());
    }
}
