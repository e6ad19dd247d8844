//! `/apis` and below: bytes made ahead of time, never a wait.

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::negotiate::{Endpoint, Format, Shape};
use custom_metrics_core::path::Request;
use http::{HeaderValue, Response, header};

use crate::http::encode::Reply;
use crate::store::{Snapshot, Topic};

/// Answers a discovery request from the snapshot.
///
/// # Errors
/// When the group is not served, or the client accepts no form that there is.
pub fn respond(
    snapshot: &Snapshot,
    request: &Request,
    reply: &Reply<'_>,
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
        _ => (topic, ready),
    };
    let bytes = match form.format {
        Format::Json { pretty: false } => ready.clone(),
        format => snapshot
            .discovery
            .encode(topic, &snapshot.offer(), format)
            .map_err(|error| Reason::Internal {
                why: error.to_string(),
            })?,
    };
    let Some(tag) = snapshot.discovery.tag(topic) else {
        return Ok(reply.bytes(form, bytes));
    };
    let mut response = reply.tagged(tag, || reply.bytes(form, bytes));
    let public = HeaderValue::from_static("public");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, public);
    headers.append(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}
