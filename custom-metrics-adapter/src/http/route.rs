//! Where a path leads.

use custom_metrics_core::Reason;
use custom_metrics_core::api::{Group, Served};
use custom_metrics_core::path::{Call, Request as ApiRequest};

use crate::http::{health, openapi};

/// What a path leads to.
#[derive(Debug)]
pub(super) enum Route {
    Health(health::Probe),
    Metrics,
    Version,
    OpenApi(openapi::Document),
    /// `/`
    Index,
    Api(Call),
    /// A path of a served group that names nothing, or a request that cannot be read.
    Unknown(Reason),
    /// No path of ours.
    Nowhere,
}

impl Route {
    pub(super) fn of(path: &str, query: &str, served: Served) -> Self {
        if let Some(probe) = health::Probe::of(path, query) {
            return Self::Health(probe);
        }
        if let Some(document) = openapi::Document::of(path) {
            return Self::OpenApi(document);
        }
        match path {
            "/" => Self::Index,
            "/metrics" => Self::Metrics,
            "/version" | "/version/" => Self::Version,
            _ => Self::of_api(path, query, served),
        }
    }

    fn of_api(path: &str, query: &str, served: Served) -> Self {
        let group = Group::of_path(path);
        match Call::parse(path, query) {
            Ok(call) if group.is_none_or(|group| served.has(group)) => Self::Api(call),
            Err(Reason::UnknownPath) if group.is_none() => Self::Nowhere,
            Err(reason) if group.is_none_or(|group| served.has(group)) => Self::Unknown(reason),
            // For a client, a group that is not configured does not exist.
            Ok(_) | Err(_) => Self::Nowhere,
        }
    }

    /// What metrics call it.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Health(_) => "health",
            Self::Metrics => "metrics",
            Self::Version => "version",
            Self::OpenApi(_) => "openapi",
            Self::Api(call) => match call.request {
                ApiRequest::CustomMetric(_) => "values",
                ApiRequest::ExternalMetric(_) => "external",
                ApiRequest::ResourceMetric(_) => "usage",
                ApiRequest::Apis | ApiRequest::Group(_) | ApiRequest::ResourceList(_) => {
                    "discovery"
                }
            },
            Self::Index | Self::Unknown(_) | Self::Nowhere => "unknown",
        }
    }

    /// Whether something other than a GET gets the same answer, as upstream.
    pub(super) fn takes_any_method(&self) -> bool {
        matches!(
            self,
            Self::Health(_)
                | Self::Metrics
                | Self::Index
                | Self::Nowhere
                | Self::Unknown(Reason::UnknownPath)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(path: &str) -> String {
        let served = Served {
            custom: true,
            ..Served::default()
        };
        match Route::of(path, "", served) {
            Route::Unknown(reason) => format!("unknown: {}", reason.label()),
            Route::Nowhere => "nowhere".to_owned(),
            Route::Index => "index".to_owned(),
            route => route.label().to_owned(),
        }
    }

    #[test]
    fn paths_lead_where_they_lead_upstream() {
        let routes = [
            "/",
            "/healthz",
            "/readyz/ping",
            "/metrics",
            "/version/",
            "/openapi/v2",
            "/apis",
            "/apis/custom.metrics.k8s.io",
            "/apis/custom.metrics.k8s.io/v1beta1",
            "/apis/custom.metrics.k8s.io/v1beta1/nodes/n/m",
            "/apis/custom.metrics.k8s.io/v1beta1/blah",
            "/apis/custom.metrics.k8s.io/v1beta1/namespaces/n/pods",
            "/apis/custom.metrics.k8s.io/v1",
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/n/m",
            "/apis/external.metrics.k8s.io/v1beta1/blah",
            "/apis/metrics.k8s.io",
            "/apis/apps/v1",
            "/api",
            "/healthzz",
            "/%zz",
        ];
        let table: Vec<_> = routes.map(|path| format!("{path} {}", label(path))).into();
        insta::assert_snapshot!(table.join("\n"), @r"
        / index
        /healthz health
        /readyz/ping health
        /metrics metrics
        /version/ version
        /openapi/v2 openapi
        /apis discovery
        /apis/custom.metrics.k8s.io discovery
        /apis/custom.metrics.k8s.io/v1beta1 discovery
        /apis/custom.metrics.k8s.io/v1beta1/nodes/n/m values
        /apis/custom.metrics.k8s.io/v1beta1/blah unknown: unknown_path
        /apis/custom.metrics.k8s.io/v1beta1/namespaces/n/pods unknown: invalid_path
        /apis/custom.metrics.k8s.io/v1 unknown: unknown_path
        /apis/external.metrics.k8s.io/v1beta1/namespaces/n/m nowhere
        /apis/external.metrics.k8s.io/v1beta1/blah nowhere
        /apis/metrics.k8s.io nowhere
        /apis/apps/v1 nowhere
        /api nowhere
        /healthzz nowhere
        /%zz unknown: bad_request
        ");
    }
}
