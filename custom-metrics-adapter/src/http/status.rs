//! Every failure as `metav1.Status`. The core picks code and words; this file writes them out.

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::wire::Status;
use http::{Response, StatusCode, header};
use serde::Serialize;

use crate::store::json;

/// Same as API servers: nothing in between may keep an answer.
const NO_CACHE: &str = "no-cache, private";

/// The `Status` of a reason.
pub fn response(reason: &Reason) -> Response<Body> {
    let code = StatusCode::from_u16(reason.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(code, &Status::from(reason));
    if code == StatusCode::TOO_MANY_REQUESTS {
        let second = http::HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, second);
    }
    response
}

/// The client accepts nothing that we can write.
pub fn not_acceptable() -> Response<Body> {
    let body = serde_json::json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "406: Not Acceptable\n\nAvailable representations: application/json",
        "reason": "NotAcceptable",
        "details": {},
        "code": 406,
    });
    json_response(StatusCode::NOT_ACCEPTABLE, &body)
}

/// A value as JSON. What cannot be written becomes a plain 500: there is no better word left.
pub fn json_response(code: StatusCode, value: &impl Serialize) -> Response<Body> {
    match json(value) {
        Ok(bytes) => bytes_response(code, "application/json", bytes),
        Err(error) => bytes_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain",
            error.to_string().into(),
        ),
    }
}

/// Bytes that are ready.
pub fn bytes_response(code: StatusCode, kind: &str, bytes: bytes::Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        http::HeaderValue::from_static(NO_CACHE),
    );
    if let Ok(kind) = http::HeaderValue::from_str(kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    response
}
