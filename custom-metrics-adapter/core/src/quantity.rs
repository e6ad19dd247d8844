//! Numbers as Kubernetes writes them: `16m`, `1500`, `2k`.

use std::fmt;

/// A decimal quantity in thousandths, the resolution an HPA reads.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Quantity {
    milli: i64,
}

/// A float that must not become a quantity, because an HPA would misread it.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoQuantity {
    #[error("the value is NaN")]
    NotANumber,
    #[error("the value is {}infinite", if *.0 < 0.0 { "negative " } else { "" })]
    Infinite(f64),
    #[error("the value {0:e} is beyond ±9e12, more than an HPA reads correctly")]
    OutOfRange(f64),
}

/// A text that is no quantity of whole thousandths.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no decimal quantity in thousandths, such as 16m, 1500 or 2k")]
pub struct ParseQuantityError(String);

/// Beyond this an HPA's `MilliValue` overflows or reads 0 (`10P` reads as 0); also `MAX * 1000 < 2^53`,
/// so that every whole number of thousandths below it is exact.
const MAX: f64 = 9e12;

/// Suffixes of `DecimalSI` and their power of ten, from thousandths upwards.
const SUFFIXES: [(&str, u32); 8] = [
    ("m", 0),
    ("", 3),
    ("k", 6),
    ("M", 9),
    ("G", 12),
    ("T", 15),
    ("P", 18),
    ("E", 21),
];

impl Quantity {
    /// Multiplies by 1000 and truncates towards zero, as prometheus-adapter does: 64.1 becomes `64099m`.
    pub fn from_f64(value: f64) -> Result<Self, NoQuantity> {
        if value.is_nan() {
            Err(NoQuantity::NotANumber)
        } else if value.is_infinite() {
            Err(NoQuantity::Infinite(value))
        } else if value.abs() > MAX {
            Err(NoQuantity::OutOfRange(value))
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "|value * 1000| <= 9e15 fits, and `as` truncates"
            )]
            let milli = (value * 1000.0) as i64;
            Ok(Self { milli })
        }
    }

    pub const fn from_milli(milli: i64) -> Self {
        Self { milli }
    }

    pub const fn milli(self) -> i64 {
        self.milli
    }
}

impl fmt::Display for Quantity {
    /// Canonical `DecimalSI`: the largest suffix that leaves a whole number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.milli;
        let mut suffixes = SUFFIXES.iter().map(|(suffix, _)| suffix);
        let mut suffix = suffixes.next();
        if number == 0 {
            return out.write_str("0");
        }
        while number % 1000 == 0 {
            number /= 1000;
            suffix = suffixes.next();
        }
        write!(out, "{number}{}", suffix.unwrap_or(&""))
    }
}

/// A quantity of bytes in `BinarySI`, as memory is written: `100Mi`.
///
/// Below 1024, and where bytes are not whole, Kubernetes writes it in `DecimalSI` all the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Binary(pub Quantity);

impl fmt::Display for Binary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(quantity) = *self;
        let mut bytes = quantity.milli / 1000;
        if quantity.milli % 1000 != 0 || bytes.abs() < 1024 {
            return quantity.fmt(out);
        }
        let mut suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi"].iter();
        let mut suffix = suffixes.next();
        while bytes % 1024 == 0 {
            bytes /= 1024;
            suffix = suffixes.next();
        }
        write!(out, "{bytes}{}", suffix.unwrap_or(&""))
    }
}

impl std::str::FromStr for Quantity {
    type Err = ParseQuantityError;

    /// Reads what [`Display`](fmt::Display) writes, and plain decimals such as `1.5`.
    fn from_str(text: &str) -> Result<Self, ParseQuantityError> {
        parse(text)
            .map(Self::from_milli)
            .ok_or_else(|| ParseQuantityError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<i64> {
    let digits = text
        .find(|character: char| character.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let (_, power) = SUFFIXES.iter().find(|(known, _)| *known == suffix)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let shift = power.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    if fraction.contains(['+', '-']) {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    i64::try_from(digits.checked_mul(10_i128.checked_pow(shift)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0.016_666_6, "16m")]
    #[case(12.345_678_9, "12345m")]
    #[case(0.0005, "0")]
    #[case(1e-7, "0")]
    #[case(-0.0001, "0")]
    #[case(0.0019, "1m")]
    #[case(64.1, "64099m")]
    #[case(1.005, "1004m")]
    #[case(1.1, "1100m")]
    #[case(4.35, "4350m")]
    #[case(0.29, "290m")]
    #[case(1000.0, "1k")]
    #[case(1500.0, "1500")]
    #[case(2000.0, "2k")]
    #[case(100_000.0, "100k")]
    #[case(1e6, "1M")]
    #[case(1.5e9, "1500M")]
    #[case(1.2e9, "1200M")]
    #[case(-1.5, "-1500m")]
    #[case(1_048_576.0, "1048576")]
    #[case(9e12, "9T")]
    fn text_is_that_of_prometheus_adapter(#[case] value: f64, #[case] text: &str) {
        assert_eq!(Quantity::from_f64(value).unwrap().to_string(), text);
    }

    #[rstest]
    #[case(0.0, "0")]
    #[case(1000.0, "1k")]
    #[case(1023.0, "1023")]
    #[case(1024.0, "1Ki")]
    #[case(-1024.0, "-1Ki")]
    #[case(2000.0, "2000")]
    #[case(104_857_600.5, "104857600500m")]
    #[case(8_589_934_592.0, "8Gi")]
    #[case(104_857_600.0, "100Mi")]
    #[case(1_200_000_000.0, "1171875Ki")]
    #[case(1_500_000_000.0, "1500000000")]
    #[case(1e12, "976562500Ki")]
    fn memory_is_written_as_prometheus_adapter_writes_it(#[case] bytes: f64, #[case] text: &str) {
        assert_eq!(Binary(Quantity::from_f64(bytes).unwrap()).to_string(), text);
    }

    #[rstest]
    #[case(0, "0")]
    #[case(1000, "1k")]
    #[case(1023, "1023")]
    #[case(1024, "1Ki")]
    #[case(2000, "2000")]
    #[case(1_500_000_000, "1500000000")]
    #[case(1_200_000_000, "1171875Ki")]
    #[case(100 << 20, "100Mi")]
    #[case(8 << 30, "8Gi")]
    #[case(1_000_000_000_000_000, "976562500000Ki")]
    #[case(-1024, "-1Ki")]
    #[case(-1000, "-1k")]
    fn bytes_are_written_as_memory_is(#[case] bytes: i64, #[case] text: &str) {
        assert_eq!(Binary(Quantity::from_milli(bytes * 1000)).to_string(), text);
    }

    #[test]
    fn parts_of_a_byte_are_not_lost() {
        let bytes = Quantity::from_milli(104_857_600_500);
        assert_eq!(Binary(bytes).to_string(), "104857600500m");
    }

    /// The value of a text in thousandths, by its definition.
    fn rational(text: &str) -> i128 {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let number: i128 = digits.parse().unwrap();
        let factor = |base: i128, suffixes: &[&str]| {
            let place = suffixes
                .iter()
                .position(|known| *known == &text[digits.len()..])?;
            Some(base.pow(u32::try_from(place).unwrap()))
        };
        let decimal = factor(1000, &SUFFIXES.map(|(suffix, _)| suffix));
        let binary = factor(1024, &["", "Ki", "Mi", "Gi", "Ti", "Pi"]).map(|factor| factor * 1000);
        number * decimal.or(binary).unwrap()
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_exact_and_as_short_as_its_format_allows(
            milli in proptest::prop_oneof![
                proptest::num::i64::ANY,
                proptest::strategy::Strategy::prop_map((-9007..9007_i64, 0..40_u32), |(n, p)| n << p),
                proptest::strategy::Strategy::prop_map((-9007..9007_i64, 0..15_u32), |(n, p)| n * 10_i64.pow(p)),
            ],
        ) {
            let quantity = Quantity::from_milli(milli);
            let texts = [quantity.to_string(), Binary(quantity).to_string()];
            for text in &texts {
                proptest::prop_assert_eq!(rational(text), i128::from(milli), "{}", text);
            }
            proptest::prop_assert_eq!(texts[0].parse(), Ok(quantity));
            // No larger suffix would leave a whole number.
            let digits = |text: &str| -> i128 {
                text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().unwrap()
            };
            proptest::prop_assert!(milli == 0 || digits(&texts[0]) % 1000 != 0, "{}", texts[0]);
            if texts[1].ends_with('i') {
                proptest::prop_assert_ne!(digits(&texts[1]) % 1024, 0, "{}", texts[1]);
            }
        }
    }

    #[rstest]
    #[case(f64::NAN, "the value is NaN")]
    #[case(f64::INFINITY, "the value is infinite")]
    #[case(f64::NEG_INFINITY, "the value is negative infinite")]
    #[case(
        9.000_000_000_001e12,
        "the value 9.000000000001e12 is beyond ±9e12, more than an HPA reads correctly"
    )]
    #[case(-1e300, "the value -1e300 is beyond ±9e12, more than an HPA reads correctly")]
    fn what_an_hpa_would_misread_is_no_quantity(#[case] value: f64, #[case] message: &str) {
        assert_eq!(Quantity::from_f64(value).unwrap_err().to_string(), message);
    }

    #[rstest]
    #[case("1P", 1_000_000_000_000_000_000)]
    #[case("1.5", 1500)]
    #[case("-0.010", -10)]
    #[case("9223372036854773760m", 9_223_372_036_854_773_760)]
    fn quantities_are_read(#[case] text: &str, #[case] milli: i64) {
        assert_eq!(text.parse(), Ok(Quantity::from_milli(milli)));
    }

    #[rstest]
    #[case("")]
    #[case("m")]
    #[case("1Ki")]
    #[case("0.5m")]
    #[case("1.-5")]
    #[case("10E")]
    #[case("1 ")]
    fn what_is_no_quantity_is_refused(#[case] text: &str) {
        assert!(text.parse::<Quantity>().is_err());
    }
}
