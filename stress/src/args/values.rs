//! Texts that stand for a value, with errors that say what would be right.

use std::{fs, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};

use crate::profile::LONGEST;

const MINUTE: Duration = Duration::from_mins(1);
/// Largest body. It is kept in memory once, however often it is sent.
const LARGEST_BODY: usize = 16 << 20;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    between(text, Duration::from_millis(1), LONGEST)
}

pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    between(text, Duration::from_millis(1), 10 * MINUTE)
}

pub(super) fn latency(text: &str) -> Result<Duration, String> {
    between(text, Duration::from_micros(1), 10 * MINUTE)
}

pub(super) fn wait(text: &str) -> Result<Duration, String> {
    between(text, Duration::ZERO, 60 * MINUTE)
}

fn between(text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let value = humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 500ms, 30s or 10m".to_owned())?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let [least, most] = [least, most].map(humantime::format_duration);
    Err(format!("must be between {least} and {most}"))
}

pub(super) fn method(text: &str) -> Result<Method, String> {
    let method = Method::from_bytes(text.to_ascii_uppercase().as_bytes())
        .map_err(|_| "write a method, such as GET or POST".to_owned())?;
    if method == Method::CONNECT {
        return Err("CONNECT asks a proxy for a tunnel, and there is none here".to_owned());
    }
    Ok(method)
}

/// The text itself, or the content of a file.
pub(super) fn body(text: &str) -> Result<Bytes, String> {
    let body = match text.strip_prefix('@') {
        Some(path) => fs::read(path).map_err(|error| error.to_string())?,
        None => text.as_bytes().to_vec(),
    };
    if body.len() > LARGEST_BODY {
        return Err(format!(
            "has {} bytes; at most {LARGEST_BODY} are sent",
            body.len()
        ));
    }
    Ok(body.into())
}

/// Header lines of one argument: one, or those of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers(pub Vec<(HeaderName, HeaderValue)>);

pub(super) fn headers(text: &str) -> Result<Headers, String> {
    let lines = match text.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|error| error.to_string())?,
        None => text.to_owned(),
    };
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(header_line)
        .collect::<Result<_, _>>()
        .map(Headers)
}

/// The value is left out of the error: it may be a secret.
fn header_line(line: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = line
        .split_once(':')
        .ok_or("write `NAME: VALUE`, or @FILE with one of them per line")?;
    let name: HeaderName = name
        .trim()
        .parse()
        .map_err(|_| format!("`{name}` is not a header name"))?;
    let why = match name {
        header::CONNECTION | header::UPGRADE => Some("connections are this program's business"),
        header::CONTENT_LENGTH | header::TRANSFER_ENCODING => Some("it follows from --data"),
        _ => None,
    };
    if let Some(why) = why {
        return Err(format!("`{name}` cannot be set: {why}"));
    }
    let mut value = HeaderValue::from_str(value.trim())
        .map_err(|_| format!("the value of `{name}` has characters that no header may have"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn headers_come_one_by_one_or_from_a_file() {
        let one = headers("x-a:  1:2 ").expect("a header");
        assert_eq!(one.0[0].0, "x-a");
        assert_eq!(one.0[0].1, "1:2");
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(b"Authorization: Bearer x\n\nX-B: 2\n")
            .expect("written");
        let both = headers(&format!("@{}", file.path().display())).expect("headers");
        let names: Vec<_> = both.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["authorization", "x-b"]);
    }

    #[test]
    fn a_header_that_would_break_the_request_is_refused_without_its_value() {
        for (text, words) in [
            ("secret", "write `NAME: VALUE`"),
            ("a b: secret", "`a b` is not a header name"),
            ("x-a: secret\u{7}", "the value of `x-a` has characters"),
            (
                "Content-Length: 5",
                "`content-length` cannot be set: it follows",
            ),
            ("Connection: close", "`connection` cannot be set"),
            ("@/no/such/file", "No such file"),
        ] {
            let error = headers(text).expect_err(text);
            assert!(
                error.contains(words) && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_body_is_a_text_or_a_file() {
        assert_eq!(body("a=1"), Ok(Bytes::from_static(b"a=1")));
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(b"\x00\xff").expect("written");
        let text = format!("@{}", file.path().display());
        assert_eq!(body(&text), Ok(Bytes::from_static(b"\x00\xff")));
        assert!(body("@/no/such/file").is_err());
    }

    #[test]
    fn a_method_is_a_token_and_no_tunnel() {
        assert_eq!(method("get"), Ok(Method::GET));
        assert_eq!(
            method("PURGE").map(|method| method.to_string()),
            Ok("PURGE".to_owned())
        );
        assert!(method("").is_err() && method("A B").is_err() && method("connect").is_err());
    }
}
