//! An adapter's answer, as it came and as it reads. Pure.

pub mod gzip;
pub mod protobuf;

use http::HeaderMap;
use serde_json::Value;

/// As it came over the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("not gzip: {0}")]
    Gzip(std::io::Error),
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("not YAML: {0}")]
    Yaml(String),
    #[error(transparent)]
    Protobuf(#[from] protobuf::ProtobufError),
    #[error("not text")]
    Text(#[from] std::string::FromUtf8Error),
    #[error("unknown Content-Encoding {0:?}")]
    Encoding(String),
}

impl Answer {
    /// Stands for an answer that never came, and says why.
    pub fn none(why: &str) -> Self {
        Self {
            status: 0,
            headers: HeaderMap::new(),
            body: why.as_bytes().to_vec(),
        }
    }

    /// All values of a header, joined as HTTP allows; empty when there is none.
    pub fn header(&self, name: &str) -> String {
        let values: Vec<_> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        values.join(", ")
    }

    /// The body without compression.
    pub fn plain(&self) -> Result<Vec<u8>, DecodeError> {
        match self.header("content-encoding").as_str() {
            "" | "identity" => Ok(self.body.clone()),
            "gzip" => gzip::open(&self.body).map_err(DecodeError::Gzip),
            other => Err(DecodeError::Encoding(other.to_owned())),
        }
    }

    /// The body as JSON, by its `Content-Type`. Protobuf gets the shape that the same object has in
    /// JSON; what is neither JSON, YAML nor protobuf is one string.
    pub fn decode(&self) -> Result<Value, DecodeError> {
        let body = self.plain()?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        let content_type = self.header("content-type");
        match content_type.split(';').next().unwrap_or("").trim() {
            "application/json" => Ok(serde_json::from_slice(&body)?),
            "application/yaml" => serde_saphyr::from_slice(&body)
                .map_err(|error| DecodeError::Yaml(error.to_string())),
            "application/vnd.kubernetes.protobuf" => Ok(protobuf::decode(&body)?),
            kind if kind.starts_with("application/com.github.proto-openapi.spec.v2") => {
                Ok(Value::String("an OpenAPI document in protobuf".to_owned()))
            }
            _ => Ok(Value::String(String::from_utf8(body)?)),
        }
    }

    /// Whether it is what an autoscaler wants: 200 and at least one item (or one object of
    /// `metrics.k8s.io` with its use).
    pub fn has_items(&self) -> bool {
        self.status == 200
            && self.decode().is_ok_and(|body| {
                let filled = |name: &str| {
                    body.get(name)
                        .and_then(Value::as_array)
                        .is_some_and(|array| !array.is_empty())
                };
                filled("items")
                    || filled("containers")
                    || filled("rows")
                    || body.get("usage").is_some()
            })
    }
}

#[cfg(test)]
mod tests {
    use crate::compat::samples::answer;

    #[test]
    fn the_content_type_says_how_to_read() {
        let read =
            |kind: &str, body: &str| answer(200, kind, body).decode().expect("reads").to_string();
        assert_eq!(read("application/json", r#"{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(
            read("application/yaml", "a: \"1\"\nb: 2\n"),
            r#"{"a":"1","b":2}"#
        );
        assert_eq!(read("text/plain; charset=utf-8", "ok"), r#""ok""#);
        assert_eq!(read("application/json", ""), "null");
        assert!(answer(200, "application/json", "{").decode().is_err());
        assert!(
            answer(200, "application/vnd.kubernetes.protobuf", "{}")
                .decode()
                .is_err()
        );
    }

    #[test]
    fn items_count_only_with_a_200() {
        for (status, body, expected) in [
            (200, r#"{"items":[1]}"#, true),
            (200, r#"{"items":[]}"#, false),
            (200, r#"{"usage":{"cpu":"1"}}"#, true),
            (404, r#"{"items":[1]}"#, false),
            (200, r#"{"resources":[1]}"#, false),
        ] {
            assert_eq!(
                answer(status, "application/json", body).has_items(),
                expected,
                "{body}"
            );
        }
    }
}
