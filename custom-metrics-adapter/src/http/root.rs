//! `/` and `/version`: what is served here, and by whom.

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::api::Served;
use custom_metrics_core::negotiate::Endpoint;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::http::encode::{Reply, bytes_response};

/// The form of `version.Info`.
///
/// # Errors
/// When the client takes no JSON.
pub fn version(reply: &Reply<'_>) -> Result<Response<Body>, Reason> {
    reply.form(Endpoint::Version)?;
    Ok(raw_json(
        StatusCode::OK,
        &json!({
            "major": env!("CARGO_PKG_VERSION_MAJOR"),
            "minor": env!("CARGO_PKG_VERSION_MINOR"),
            "gitVersion": concat!("v", env!("CARGO_PKG_VERSION")),
            "gitCommit": "",
            "gitTreeState": "",
            "buildDate": "",
            "goVersion": "",
            "compiler": "rustc",
            "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
        }),
    ))
}

/// What paths there are: the answer to `/`, and with 404 to every path outside of them.
pub fn index(served: Served, path: &str) -> Response<Body> {
    let code = match path {
        "/" => StatusCode::OK,
        _ => StatusCode::NOT_FOUND,
    };
    let mut paths: Vec<String> = [
        "/apis",
        "/healthz",
        "/healthz/ping",
        "/livez",
        "/livez/ping",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/readyz/informer-sync",
        "/readyz/ping",
        "/readyz/shutdown",
        "/version",
    ]
    .map(ToOwned::to_owned)
    .into();
    for group in served.groups() {
        paths.push(format!("/apis/{}", group.name()));
        paths.extend(group.versions().iter().map(|gv| format!("/apis/{gv}")));
    }
    paths.sort();
    raw_json(code, &json!({"paths": paths}))
}

/// Indented, whatever the client asks for.
fn raw_json(code: StatusCode, value: &Value) -> Response<Body> {
    bytes_response(code, "application/json", format!("{value:#}").into())
}
