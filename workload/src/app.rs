//! The application: shared state, middlewares and the route table.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, FromRequest, Handler, Resource, Responder, guard};

use crate::args::Pod;
use crate::burner::{Burners, MAX_BURNERS};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::governor::Governor;
use crate::inject::Injection;
use crate::inject::inject;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::metrics::middleware::count;
use crate::readiness::Readiness;
use crate::routes::{data, health, load, metrics, root};
use crate::stamp::stamp;

/// What all workers share; a clone is another handle to the same.
#[derive(Debug, Clone)]
pub struct Shared {
    pub pod: web::Data<Pod>,
    pub readiness: web::Data<Readiness>,
    pub metrics: web::Data<Metrics>,
    pub burners: web::Data<Burners>,
    pub memory: web::Data<Memory>,
    pub injection: web::Data<Injection>,
}

impl Shared {
    pub fn new(
        pod: Pod,
        governor: Arc<dyn Governor>,
        injection: Injection,
    ) -> prometheus::Result<Self> {
        let metrics = Metrics::new()?;
        let burners = Burners::new(MAX_BURNERS, governor, metrics.burners());
        Ok(Self {
            pod: web::Data::new(pod),
            readiness: web::Data::new(Readiness::default()),
            metrics: web::Data::new(metrics),
            burners: web::Data::new(burners),
            memory: web::Data::new(Memory::default()),
            injection: web::Data::new(injection),
        })
    }
}

/// Builds what one worker runs.
pub fn app(
    shared: Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(shared.pod)
        .app_data(shared.readiness)
        .app_data(shared.metrics)
        .app_data(shared.burners)
        .app_data(shared.memory)
        .app_data(shared.injection)
        .app_data(web::QueryConfig::default().error_handler(|error, request| {
            ApiError::Query {
                query: request.query_string().to_owned(),
                reason: error.to_string(),
            }
            .into()
        }))
        .configure(routes)
        .wrap(from_fn(inject))
        .wrap(from_fn(stamp))
        // The last one wrapped is the outermost.
        .wrap(from_fn(count))
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(get(Endpoint::Root, root::root))
        .service(get(Endpoint::Data, data::data))
        .service(get(Endpoint::Load, load::load))
        .service(get(Endpoint::Health, health::health))
        .service(get(Endpoint::Ready, health::ready))
        .service(get(Endpoint::Metrics, metrics::metrics))
        .default_service(web::to(|| async { Err::<&str, _>(ApiError::NotFound) }));
}

/// Serves GET and HEAD; any other method is answered with 405.
fn get<F, Args>(endpoint: Endpoint, handler: F) -> Resource
where
    F: Handler<Args>,
    F::Output: Responder + 'static,
    Args: FromRequest + 'static,
{
    let readable = guard::Any(guard::Get()).or(guard::Head());
    web::resource(endpoint.template()).route(web::route().guard(readable).to(handler))
}
