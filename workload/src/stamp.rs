//! What every answer says about the pod it comes from.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::HeaderName;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::args::Pod;
use crate::readiness::Readiness;

const X_POD: HeaderName = HeaderName::from_static("x-pod");

/// Adds `x-pod`; a draining pod also closes each connection after its answer, so that keep-alive
/// clients move to another pod while this one still accepts everybody.
pub async fn stamp(
    pod: web::Data<Pod>,
    readiness: web::Data<Readiness>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    response.headers_mut().insert(X_POD, pod.header());
    if !readiness.is_ready() {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
