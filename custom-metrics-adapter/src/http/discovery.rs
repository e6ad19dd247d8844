//! `/apis` and below: bytes made ahead of time, never a wait.

use axum::body::Body;
use bytes::Bytes;
use custom_metrics_core::Reason;
use custom_metrics_core::negotiate::{Endpoint, Format, Shape};
use custom_metrics_core::path::Request;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::http::encode::{Reply, bytes_response};
use crate::store::{Snapshot, Topic};

/// Answers a discovery request from the snapshot.
///
/// # Errors
/// When the group is not served, or the client accepts no form that there is.
pub fn respond(
    snapshot: &Snapshot,
    request: &Request,
    reply: &Reply<'_>,
    headers: &HeaderMap,
) -> Result<Response<Body>, Reason> {
    let (topic, endpoint) = match request {
        Request::Group(group) => (Topic::Group(*group), Endpoint::Discovery),
        Request::ResourceList(version) => (Topic::Resources(*version), Endpoint::Discovery),
        _ => (Topic::Groups, Endpoint::Groups),
    };
    let ready = snapshot.discovery.json(topic).ok_or(Reason::UnknownPath)?;
    let form = reply.form(endpoint)?;
    let (topic, ready) = match form.shape {
        Shape::Aggregated(version) => {
            let topic = Topic::Aggregated(version);
            (topic, snapshot.discovery.json(topic).unwrap_or(ready))
        }
        Shape::Plain | Shape::Table { .. } => (topic, ready),
    };
    let aggregated = matches!(form.shape, Shape::Aggregated(_));
    let tag = snapshot.discovery.tag(topic).filter(|_| aggregated);
    if tag.is_some() && tag.as_deref() == known(headers) {
        let unchanged = bytes_response(StatusCode::NOT_MODIFIED, "", Bytes::new());
        return Ok(tagged(unchanged, tag));
    }
    let bytes = match form.format {
        Format::Json { pretty: false } => ready.clone(),
        format => snapshot
            .discovery
            .encode(topic, &snapshot.offer(), format)
            .map_err(|error| Reason::Internal {
                why: error.to_string(),
            })?,
    };
    Ok(tagged(reply.bytes(form, bytes), tag))
}

/// The tag of what the client has.
fn known(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::IF_NONE_MATCH)?.to_str().ok()
}

/// The aggregated form may be kept by its tag.
fn tagged(mut response: Response<Body>, tag: Option<String>) -> Response<Body> {
    let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) else {
        return response;
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.append(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
    response
}
