//! `GET /metrics`

use actix_web::error::ErrorInternalServerError;
use actix_web::http::header;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use crate::metrics::{CONTENT_TYPE, Metrics, openmetrics};

/// Prometheus' text, or `OpenMetrics` for whoever prefers it.
pub async fn metrics(
    request: HttpRequest,
    metrics: web::Data<Metrics>,
) -> Result<HttpResponse, Error> {
    let text = metrics.render().map_err(ErrorInternalServerError)?;
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept"));
    Ok(if openmetrics::is_preferred(accept) {
        response
            .content_type(openmetrics::CONTENT_TYPE)
            .body(openmetrics::from_text(&text))
    } else {
        response.content_type(CONTENT_TYPE).body(text)
    })
}
