//! `GET /health` and `GET /ready`: neither waits for anything.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Responder, web};
use serde_json::json;

use crate::readiness::Readiness;

/// Alive, also while draining: a pod that is ending must not be killed for it.
pub async fn health() -> impl Responder {
    web::Json(json!({ "status": "healthy" }))
}

/// 503 from the moment the pod is asked to stop.
pub async fn ready(readiness: web::Data<Readiness>) -> impl Responder {
    let (code, status) = if readiness.is_ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    };
    HttpResponse::build(code).json(json!({ "status": status }))
}
