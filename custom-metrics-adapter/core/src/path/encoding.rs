//! Percent-encoding of paths and of query parameters.

use crate::Reason;

fn bad(text: &str, problem: &str) -> Reason {
    Reason::BadRequest {
        message: format!("{text:?} {problem}"),
    }
}

/// `%2A` → `*`. A path must be UTF-8, as every name in it is.
pub(super) fn decode(text: &str) -> Result<String, Reason> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let decoded = digit()
            .zip(digit())
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(
            decoded
                .ok_or_else(|| bad(text, "holds a % that two hexadecimal digits do not follow"))?,
        );
    }
    String::from_utf8(bytes).map_err(|_| bad(text, "is not UTF-8 once decoded"))
}

/// `a=1&b=x+y` → keys and their raw values in order; `+` is a space. A pair whose key cannot be decoded has
/// none that anybody looks for.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (String, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((parameter(key).ok()?, value))
    })
}

/// A key or a value of a query.
pub(super) fn parameter(text: &str) -> Result<String, Reason> {
    decode(&text.replace('+', " "))
}
