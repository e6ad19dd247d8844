//! Answers to test with.

use super::answer::Answer;

pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> Answer {
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", content_type.parse().expect("a header"));
    headers.insert(
        "cache-control",
        "no-cache, private".parse().expect("a header"),
    );
    Answer {
        status,
        headers,
        body: body.as_bytes().to_vec(),
    }
}

/// Two pods, now.
pub(crate) const LIST: &str = r#"{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta2","metadata":{},"items":[{"describedObject":{"kind":"Pod","namespace":"shop","name":"web-0","apiVersion":"/v1"},"metric":{"name":"hits","selector":{"matchLabels":{"code":"200"}}},"timestamp":"2026-11-22T08:00:00Z","value":"1500m"},{"describedObject":{"kind":"Pod","namespace":"shop","name":"web-1","apiVersion":"/v1"},"metric":{"name":"hits","selector":{"matchLabels":{"code":"200"}}},"timestamp":"2026-11-22T08:00:00Z","value":"12"}]}"#;

pub(crate) const STATUS: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the metric hits for pods","reason":"NotFound","code":404}"#;

pub(crate) fn now() -> jiff::Timestamp {
    "2026-11-22T08:00:05Z".parse().expect("a time")
}
