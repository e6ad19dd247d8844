//! Probes on the API port: open to everybody, like on every API server.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

use crate::http::encode::bytes_response;
use crate::readiness::Readiness;

/// Which probe, and whether it lists what it looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    readiness: bool,
    verbose: bool,
}

impl Probe {
    /// `/healthz` and `/livez` say that we run, `/readyz` that we can answer.
    pub fn of(path: &str, query: &str) -> Option<Self> {
        let readiness = match path {
            "/healthz" | "/livez" => false,
            "/readyz" => true,
            _ => return None,
        };
        let verbose = query.split('&').any(|part| part.starts_with("verbose"));
        Some(Self { readiness, verbose })
    }

    pub fn response(self, readiness: &Readiness) -> Response<Body> {
        let (code, text) = if !self.readiness {
            (StatusCode::OK, "ok".to_owned())
        } else if !readiness.is_ready() {
            (StatusCode::INTERNAL_SERVER_ERROR, readiness.report())
        } else if self.verbose {
            (StatusCode::OK, readiness.report())
        } else {
            (StatusCode::OK, "ok".to_owned())
        };
        let mut response = bytes_response(code, "text/plain; charset=utf-8", text.into());
        response.headers_mut().insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        response
    }
}
