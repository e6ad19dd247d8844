//! `/openapi/v2`, `/openapi/v3` and `/version`: the least that kube-apiserver's aggregator
//! accepts. It merges what it finds, and nothing is found here: metrics have no fields to explain.

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::json;

use crate::http::encode::bytes_response;

/// An OpenAPI document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    V2,
    V3,
}

impl Document {
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/openapi/v2" => Some(Self::V2),
            "/openapi/v3" => Some(Self::V3),
            _ => None,
        }
    }

    pub fn response(self) -> Response<Body> {
        let document = match self {
            Self::V2 => json!({
                "swagger": "2.0",
                "info": {"title": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
                "paths": {},
            }),
            // The index of documents: none.
            Self::V3 => json!({"paths": {}}),
        };
        bytes_response(StatusCode::OK, "application/json", document.to_string().into())
    }
}

/// The form of `version.Info`.
pub fn version() -> Response<Body> {
    let info = json!({
        "major": env!("CARGO_PKG_VERSION_MAJOR"),
        "minor": env!("CARGO_PKG_VERSION_MINOR"),
        "gitVersion": concat!("v", env!("CARGO_PKG_VERSION")),
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    });
    bytes_response(StatusCode::OK, "application/json", info.to_string().into())
}
