//! `/apis` and below: bytes made ahead of time, never a wait.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::body::Body;
use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::path::Request;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::http::status::bytes_response;
use crate::http::status::not_acceptable;
use crate::http::values::accepts_json;
use crate::store::Discovery;

const JSON: &str = "application/json";
const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const V2BETA1: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

/// Answers a discovery request from the snapshot.
pub fn respond(discovery: &Discovery, request: &Request, headers: &HeaderMap) -> Response<Body> {
    let plain = match request {
        Request::Apis => match aggregated(headers) {
            Some(V2BETA1) => return tagged(V2BETA1, &discovery.aggregated_v2beta1, headers),
            Some(kind) => return tagged(kind, &discovery.aggregated_v2, headers),
            None => &discovery.groups,
        },
        Request::ResourceList(GroupVersion::CustomV1Beta1) => &discovery.v1beta1,
        Request::ResourceList(_) => &discovery.v1beta2,
        _ => &discovery.group,
    };
    if accepts_json(headers) {
        bytes_response(StatusCode::OK, JSON, plain.clone())
    } else {
        not_acceptable()
    }
}

/// The first aggregated form that the client accepts, in its order.
fn aggregated(headers: &HeaderMap) -> Option<&'static str> {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|media| {
            let mut parts = media.split(';').map(str::trim);
            let json = matches!(parts.next(), Some("application/json"));
            let (mut group, mut version, mut list) = (false, None, false);
            for part in parts {
                match part {
                    "g=apidiscovery.k8s.io" => group = true,
                    "v=v2" => version = Some(V2),
                    "v=v2beta1" => version = Some(V2BETA1),
                    "as=APIGroupDiscoveryList" => list = true,
                    _ => {}
                }
            }
            version.filter(|_| json && group && list)
        })
}

/// With an `ETag`, because kube-apiserver asks again every minute and keeps what did not change.
fn tagged(kind: &'static str, bytes: &bytes::Bytes, headers: &HeaderMap) -> Response<Body> {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let tag = format!("\"{:016X}\"", hasher.finish());
    let known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|seen| seen == tag.as_str());
    let mut response = if known {
        bytes_response(StatusCode::NOT_MODIFIED, kind, bytes::Bytes::new())
    } else {
        bytes_response(StatusCode::OK, kind, bytes.clone())
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        aggregated(&headers)
    }

    #[test]
    fn the_aggregated_form_is_given_only_to_those_who_ask_for_it() {
        assert_eq!(form("application/json"), None);
        assert_eq!(
            form("application/json;g=other;v=v2;as=APIGroupDiscoveryList"),
            None
        );
        assert_eq!(
            form("application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io"),
            Some(V2)
        );
        assert_eq!(
            form(
                "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
            ),
            Some(V2BETA1)
        );
    }
}
