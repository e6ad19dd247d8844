//! The API: who asks, what for, may they, and the answer.

pub mod auth;
pub mod discovery;
pub mod encode;
pub mod health;
pub mod openapi;
pub mod values;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::access::AccessAttributes;
use custom_metrics_core::path::Request as ApiRequest;
use http::{Method, Request, Response};

use crate::http::encode::Reply;
use crate::metrics::Metrics;
use crate::ports::{Access, Authorize, Engine};
use crate::readiness::Readiness;
use crate::store::Store;
use crate::trust::{Peer, SharedTrust};

/// Everything a request may need. Shared by all connections.
pub struct Api {
    pub store: Arc<Store>,
    pub engine: Arc<dyn Engine>,
    pub authorizer: Arc<dyn Authorize>,
    pub trust: SharedTrust,
    pub readiness: Readiness,
    pub metrics: Arc<Metrics>,
}

/// What a path leads to. The label is what metrics call it.
#[derive(Debug)]
enum Route {
    Health(health::Probe),
    Version,
    OpenApi(openapi::Document),
    Api(ApiRequest),
    /// A path under a served group, or none at all, that names nothing.
    Unknown(Reason),
}

impl Api {
    /// Answers one request. Dropping the future counts it as `aborted`.
    pub async fn handle<B>(&self, peer: &Peer, request: Request<B>) -> Response<Body> {
        let route = Route::of(
            request.uri().path(),
            request.uri().query().unwrap_or_default(),
        );
        let mut observation = Observation::start(&self.metrics, route.label());
        let (parts, _) = request.into_parts();
        let reply = Reply::to(&parts);
        let response = match self.respond(peer, &parts, route, &reply).await {
            Ok(response) => response,
            Err(reason) => reply.status(&reason),
        };
        let response = reply.finish(response);
        observation.code = Some(response.status().as_u16());
        response
    }

    async fn respond(
        &self,
        peer: &Peer,
        parts: &http::request::Parts,
        route: Route,
        reply: &Reply<'_>,
    ) -> Result<Response<Body>, Reason> {
        if let Route::Health(probe) = &route {
            return Ok(probe.response(&self.readiness));
        }
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        let access = AccessAttributes::of(parts.method.as_str(), path, query)
            .map_or_else(|| Access::Path(path.to_owned()), Access::Resource);
        let trust = self.trust.load_full();
        let identity = auth::identify(trust.as_deref(), peer, &parts.headers)?;
        auth::authorize(&*self.authorizer, &identity, &access).await?;
        let served = self.store.snapshot().discovery.served;
        let named = matches!(route, Route::Api(_) | Route::Unknown(_));
        if named && openapi::is_outside(path, served) {
            return Ok(openapi::index(served, path));
        }
        if parts.method != Method::GET && !matches!(route, Route::Unknown(Reason::UnknownPath)) {
            return Err(Reason::MethodNotAllowed);
        }
        match route {
            Route::Health(probe) => Ok(probe.response(&self.readiness)),
            Route::Version => openapi::version(reply),
            Route::OpenApi(document) => Ok(document.respond(served, reply)),
            Route::Api(ApiRequest::CustomMetric(metric)) => {
                values::respond(&*self.engine, &metric, reply).await
            }
            Route::Api(request) => {
                discovery::respond(&self.store.snapshot(), &request, reply)
            }
            Route::Unknown(reason) => Err(reason),
        }
    }
}

impl Route {
    fn of(path: &str, query: &str) -> Self {
        if let Some(probe) = health::Probe::of(path, query) {
            return Self::Health(probe);
        }
        if let Some(document) = openapi::Document::of(path) {
            return Self::OpenApi(document);
        }
        match path {
            "/version" | "/version/" => Self::Version,
            _ => match ApiRequest::parse(path, query) {
                Ok(request) => Self::Api(request),
                Err(reason) => Self::Unknown(reason),
            },
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Health(_) => "health",
            Self::Version => "version",
            Self::OpenApi(_) => "openapi",
            Self::Api(ApiRequest::CustomMetric(_)) => "values",
            Self::Api(_) => "discovery",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Counts a request when it ends, however it ends.
struct Observation<'a> {
    metrics: &'a Metrics,
    route: &'static str,
    started: Instant,
    code: Option<u16>,
}

impl<'a> Observation<'a> {
    fn start(metrics: &'a Metrics, route: &'static str) -> Self {
        metrics.requests_in_flight.inc();
        Self {
            metrics,
            route,
            started: Instant::now(),
            code: None,
        }
    }
}

impl Drop for Observation<'_> {
    fn drop(&mut self) {
        let code = self
            .code
            .map_or_else(|| "aborted".to_owned(), |code| code.to_string());
        let metrics = self.metrics;
        metrics.requests_in_flight.dec();
        metrics
            .requests
            .with_label_values(&[self.route, &code])
            .inc();
        metrics
            .request_seconds
            .with_label_values(&[self.route])
            .observe(self.started.elapsed().as_secs_f64());
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Api").finish_non_exhaustive()
    }
}
