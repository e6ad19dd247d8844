//! Values of a metric.

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::path::CustomMetric;
use custom_metrics_core::wire;
use http::{HeaderMap, Response, StatusCode, header};

use crate::http::status::{json_response, not_acceptable};
use crate::ports::Engine;

/// # Errors
/// The reason why there are no values.
pub async fn respond(
    engine: &dyn Engine,
    metric: &CustomMetric,
    headers: &HeaderMap,
) -> Result<Response<Body>, Reason> {
    if !accepts_json(headers) {
        return Ok(not_acceptable());
    }
    let answer = engine.answer(metric).await?;
    let list = wire::metric_values(&answer, metric.version);
    Ok(json_response(StatusCode::OK, &list))
}

/// Whether the client takes plain JSON. The HPA controller sends
/// `application/vnd.kubernetes.protobuf, */*` and reads JSON as well.
pub fn accepts_json(headers: &HeaderMap) -> bool {
    let mut accepts = headers.get_all(header::ACCEPT).iter().peekable();
    if accepts.peek().is_none() {
        return true;
    }
    accepts
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|media| {
            let mut parts = media.split(';').map(str::trim);
            let kind = matches!(
                parts.next(),
                Some("application/json" | "application/*" | "*/*" | "")
            );
            // `as=Table` and the like ask for another shape of JSON than ours.
            kind && !parts.any(|part| part.starts_with("as="))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        accepts_json(&headers)
    }

    #[test]
    fn what_clients_send_is_understood() {
        assert!(accepts_json(&HeaderMap::new()));
        assert!(accepts("application/vnd.kubernetes.protobuf, */*"));
        assert!(accepts(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        ));
        assert!(accepts("application/json;charset=utf-8"));
        assert!(!accepts("application/json;as=Table;v=v1;g=meta.k8s.io"));
        assert!(!accepts("application/vnd.kubernetes.protobuf"));
        assert!(!accepts("text/html"));
    }
}
