//! `GET /metrics`

use actix_web::error::ErrorInternalServerError;
use actix_web::{Error, HttpResponse, web};

use crate::metrics::{CONTENT_TYPE, Metrics};

pub async fn metrics(metrics: web::Data<Metrics>) -> Result<HttpResponse, Error> {
    let text = metrics.render().map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(text))
}
