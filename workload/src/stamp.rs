//! What every answer says about the pod it comes from.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::HeaderName;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::args::Pod;
use crate::connection::Connection;
use crate::readiness::Readiness;

const X_POD: HeaderName = HeaderName::from_static("x-pod");

/// Adds `x-pod`. A connection ends with its answer when it has lived long enough, or when the pod is
/// draining: keep-alive clients then move to another pod while this one still accepts everybody.
pub async fn stamp(
    pod: web::Data<Pod>,
    readiness: web::Data<Readiness>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let connection = request.request().conn_data::<Connection>().copied();
    let mut response = next.call(request).await?;
    response.headers_mut().insert(X_POD, pod.header());
    let worn = connection.is_some_and(|connection| connection.is_worn(Instant::now()));
    if worn || !readiness.is_ready() {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
