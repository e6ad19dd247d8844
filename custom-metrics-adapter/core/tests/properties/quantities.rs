//! Numbers.

use custom_metrics_core::quantity::Quantity;
use proptest::prelude::*;

/// The canonical text by decimal digits: zeros go in threes, each three up one suffix.
fn canonical(milli: i128) -> String {
    let mut digits = milli.to_string();
    let mut suffixes = ["m", "", "k", "M", "G", "T", "P"].iter();
    let mut suffix = suffixes.next();
    while digits.ends_with("000") {
        digits.truncate(digits.len() - 3);
        suffix = suffixes.next();
    }
    if digits == "0" {
        digits
    } else {
        digits + suffix.unwrap()
    }
}

/// Truncation by the bits of the float: sign, mantissa, power of two.
pub(crate) fn truncated(value: f64) -> i128 {
    let bits = value.to_bits();
    let exponent = i64::try_from((bits >> 52) & 0x7ff).unwrap() - 1075;
    let mantissa = i128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let magnitude = match u32::try_from(exponent.abs()).unwrap() {
        shift if exponent >= 0 => mantissa << shift,
        shift => mantissa.checked_shr(shift).unwrap_or(0),
    };
    if value.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    }
}

proptest! {
    #[test]
    fn a_float_becomes_the_quantity_that_an_oracle_finds(
        value in prop_oneof![-9e12..=9e12, -10.0..10.0, (-9_000_000_i32..9_000_000).prop_map(f64::from), any::<f64>()],
    ) {
        match Quantity::from_f64(value) {
            Ok(quantity) => {
                prop_assert!(value.abs() <= 9e12);
                prop_assert_eq!(i128::from(quantity.milli()), truncated(value * 1000.0));
            }
            Err(_) => prop_assert!(value.is_nan() || value.abs() > 9e12),
        }
    }

    #[test]
    fn a_quantity_is_printed_canonically_and_read_back(
        milli in prop_oneof![any::<i64>(), -100_000..100_000_i64, (-9_000..9_000_i64).prop_map(|n| n * 1_000_000_000)],
    ) {
        let quantity = Quantity::from_milli(milli);
        prop_assert_eq!(quantity.to_string(), canonical(milli.into()));
        prop_assert_eq!(quantity.to_string().parse(), Ok(quantity));
    }
}
