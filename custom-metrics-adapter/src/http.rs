//! The API: who asks, what for, may they, and the answer.

pub mod auth;
pub mod discovery;
pub mod encode;
pub mod health;
mod observation;
pub mod openapi;
pub mod root;
mod route;
pub mod values;

use std::sync::Arc;

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::access::AccessAttributes;
use custom_metrics_core::path::{Call, Request as ApiRequest};
use http::request::Parts;
use http::{Method, Request, Response};

use crate::http::auth::OpenPaths;
use crate::http::encode::Reply;
use crate::http::observation::Observation;
use crate::http::route::Route;
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
    /// What anybody may read.
    pub open_paths: OpenPaths,
    pub trust: SharedTrust,
    pub readiness: Readiness,
    pub metrics: Arc<Metrics>,
}

impl Api {
    /// Answers one request. Dropping the future counts it as `aborted`.
    pub async fn handle<B>(&self, peer: &Peer, request: Request<B>) -> Response<Body> {
        let (parts, _) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let route = Route::of(parts.uri.path(), query, self.store.rules.served());
        let mut observation = Observation::start(&self.metrics, route.label());
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
        parts: &Parts,
        route: Route,
        reply: &Reply<'_>,
    ) -> Result<Response<Body>, Reason> {
        self.admit(peer, parts).await?;
        if parts.method != Method::GET && !route.takes_any_method() {
            return Err(Reason::MethodNotAllowed);
        }
        let served = self.store.rules.served();
        match route {
            Route::Health(probe) => {
                let nowhere = || root::index(served, parts.uri.path());
                Ok(probe.response(&self.readiness).unwrap_or_else(nowhere))
            }
            Route::Metrics => self.exposition(reply),
            Route::Version => root::version(reply),
            Route::OpenApi(document) => Ok(document.respond(served, reply)),
            Route::Index | Route::Nowhere => Ok(root::index(served, parts.uri.path())),
            Route::Api(call) => self.answer(call, reply).await,
            Route::Unknown(reason) => Err(reason),
        }
    }

    /// Who asks, and may they?
    async fn admit(&self, peer: &Peer, parts: &Parts) -> Result<(), Reason> {
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        let access = match AccessAttributes::of(parts.method.as_str(), path, query) {
            Some(access) => Access::Resource(access),
            None if self.open_paths.cover(path) => return Ok(()),
            None => Access::Path(path.to_owned()),
        };
        let trust = self.trust.load_full();
        let identity = auth::identify(trust.as_deref(), peer, &parts.headers)?;
        auth::authorize(&*self.authorizer, &identity, &access).await
    }

    async fn answer(&self, call: Call, reply: &Reply<'_>) -> Result<Response<Body>, Reason> {
        let Call { request, options } = call;
        let engine = &*self.engine;
        match &request {
            ApiRequest::CustomMetric(metric) => {
                values::custom(engine, metric, &options, reply).await
            }
            ApiRequest::ExternalMetric(metric) => {
                values::external(engine, metric, &options, reply).await
            }
            ApiRequest::ResourceMetric(metric) => {
                values::usage(engine, metric, &options, reply).await
            }
            ApiRequest::Apis | ApiRequest::Group(_) | ApiRequest::ResourceList(_) => {
                discovery::respond(&self.store.snapshot(), &request, reply)
            }
        }
    }

    /// Our own metrics, here for those who scrape a metrics server where it always was.
    fn exposition(&self, reply: &Reply<'_>) -> Result<Response<Body>, Reason> {
        let text = self
            .metrics
            .exposition()
            .map_err(|error| Reason::Internal {
                why: error.to_string(),
            })?;
        Ok(reply.packed(prometheus::TEXT_FORMAT, text.into()))
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Api").finish_non_exhaustive()
    }
}
