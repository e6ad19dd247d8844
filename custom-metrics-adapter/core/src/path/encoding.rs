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

/// `a=1&b=x+y` → pairs in order; `+` is a space.
pub(super) fn parameters(query: &str) -> Result<Vec<(String, String)>, Reason> {
    let mut pairs = vec![];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((
            decode(&key.replace('+', " "))?,
            decode(&value.replace('+', " "))?,
        ));
    }
    Ok(pairs)
}
