//! Counts every request, however it ends.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::Metrics;
use crate::endpoint::Endpoint;

/// A request under way. It is counted when this value is dropped: with the code of the answer, or
/// as 499 (nginx's "client closed request") when the handler was dropped before it had one.
struct Tracked {
    metrics: web::Data<Metrics>,
    endpoint: Endpoint,
    method: Method,
    code: Option<StatusCode>,
    since: Instant,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let code = self.code.or_else(|| StatusCode::from_u16(499).ok());
        let took = self.since.elapsed();
        if let Some(code) = code {
            self.metrics
                .observe(self.endpoint, &self.method, code, took);
        }
    }
}

/// The outermost middleware, so that what the others answer or take is counted too.
pub async fn count(
    metrics: web::Data<Metrics>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // Decoded as the router decodes it, so that a request counts where it is served.
    let endpoint = Endpoint::of(request.match_info().as_str());
    metrics.arrived(endpoint);
    let mut tracked = Tracked {
        metrics,
        endpoint,
        method: request.method().clone(),
        code: None,
        since: Instant::now(),
    };
    let result = next.call(request).await;
    tracked.code = Some(match &result {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    });
    result
}
