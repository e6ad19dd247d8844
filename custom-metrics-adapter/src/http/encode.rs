//! Objects, documents and failures as responses, in the form the client asked for.

use std::io::Write as _;

use axum::body::Body;
use bytes::Bytes;
use custom_metrics_core::Reason;
use custom_metrics_core::negotiate::{Endpoint, Format, Representation, Wishes};
use custom_metrics_core::wire::{self, Document};
use flate2::{Compression, write::GzEncoder};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

/// Same as API servers: nothing in between may keep an answer.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache, private");
/// Ties an answer to the entry in kube-apiserver's audit log.
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");
/// Same as API servers: what is smaller costs more to compress than to send.
const COMPRESS_FROM: usize = 128 << 10;

/// How one client wants to be answered.
#[derive(Debug)]
pub struct Reply<'a> {
    wishes: Wishes<'a>,
    /// Whether the client unpacks gzip.
    gzip: bool,
    audit_id: Option<&'a HeaderValue>,
    /// The tag of what the client has already; empty if it has nothing.
    known_tag: &'a str,
}

impl<'a> Reply<'a> {
    /// To whoever sent this request.
    pub fn to(parts: &'a Parts) -> Self {
        let encodings = first(&parts.headers, &header::ACCEPT_ENCODING);
        Self {
            wishes: Wishes {
                accept: first(&parts.headers, &header::ACCEPT),
                query: parts.uri.query().unwrap_or_default(),
                user_agent: first(&parts.headers, &header::USER_AGENT),
            },
            gzip: encodings.split(',').any(|one| one.trim() == "gzip"),
            audit_id: parts.headers.get(AUDIT_ID).filter(|id| !id.is_empty()),
            known_tag: first(&parts.headers, &header::IF_NONE_MATCH),
        }
    }

    /// The form of an answer of `endpoint`. To be asked before any work is done for it.
    ///
    /// # Errors
    /// When the client accepts no form that there is.
    pub fn form(&self, endpoint: Endpoint) -> Result<Representation, Reason> {
        Ok(self.wishes.form(endpoint)?)
    }

    /// An object in a form that this client got from [`form`](Self::form).
    pub fn object(&self, form: Representation, object: &dyn Document) -> Response<Body> {
        match object.encode(form.format) {
            Ok(bytes) => self.bytes(form, bytes.into()),
            Err(error) => {
                let why = error.to_string();
                self.status(&Reason::Internal { why })
            }
        }
    }

    /// Bytes that are in this form already.
    pub fn bytes(&self, form: Representation, bytes: Bytes) -> Response<Body> {
        let (media, parameters) = (form.format.media_type(), form.shape.parameters());
        if parameters.is_empty() {
            return self.packed(media, bytes);
        }
        self.packed(&format!("{media}{parameters}"), bytes)
    }

    /// Bytes of a media type, packed where that is worth it and wanted.
    pub fn packed(&self, media_type: &str, bytes: Bytes) -> Response<Body> {
        let packed = if self.gzip && bytes.len() > COMPRESS_FROM {
            compress(&bytes)
        } else {
            None
        };
        let Some(packed) = packed else {
            return bytes_response(StatusCode::OK, media_type, bytes);
        };
        let mut response = bytes_response(StatusCode::OK, media_type, packed);
        let gzip = HeaderValue::from_static("gzip");
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, gzip);
        let by = HeaderValue::from_static("Accept-Encoding");
        response.headers_mut().append(header::VARY, by);
        response
    }

    /// Whether the client takes JSON from endpoints that have nothing else.
    pub fn takes_json(&self) -> bool {
        let found = self.wishes.form(Endpoint::Discovery);
        found.is_ok_and(|found| matches!(found.format, Format::Json { .. }))
    }

    /// An answer that may be kept by its tag, and that need not be sent again to whoever has it.
    pub fn tagged(&self, tag: &str, answer: impl FnOnce() -> Response<Body>) -> Response<Body> {
        let mut response = if self.known_tag == tag {
            let mut unchanged = Response::new(Body::empty());
            *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
            unchanged
        } else {
            answer()
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    /// The `Status` of a failure. A client that takes no form of it gets indented JSON all the same.
    pub fn status(&self, reason: &Reason) -> Response<Body> {
        let code = StatusCode::from_u16(reason.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let format = self
            .wishes
            .error_format()
            .unwrap_or(Format::Json { pretty: true });
        let mut response = match wire::status(reason).encode(format) {
            Ok(bytes) => bytes_response(code, format.media_type(), bytes.into()),
            Err(error) => bytes_response(code, "text/plain", error.to_string().into()),
        };
        match code {
            StatusCode::TOO_MANY_REQUESTS => {
                let second = HeaderValue::from_static("1");
                response.headers_mut().insert(header::RETRY_AFTER, second);
            }
            StatusCode::FORBIDDEN => {
                let as_it_is = HeaderValue::from_static("nosniff");
                response
                    .headers_mut()
                    .insert(header::X_CONTENT_TYPE_OPTIONS, as_it_is);
            }
            _ => {}
        }
        response
    }

    /// What every response carries, whoever made it. The last step of each request.
    pub fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(NO_CACHE);
        if let Some(id) = self.audit_id.cloned().or_else(new_audit_id) {
            headers.insert(AUDIT_ID, id);
        }
        response
    }
}

/// The first header of a name; others count for nothing, as with API servers.
fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Bytes that are ready. Without a media type there should be no bytes.
pub fn bytes_response(code: StatusCode, media_type: &str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_CACHE);
    match HeaderValue::from_str(media_type) {
        Ok(kind) if !kind.is_empty() => headers.insert(header::CONTENT_TYPE, kind),
        _ => None,
    };
    response
}

/// At the level of API servers: the least work, and nearly as small.
fn compress(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    encoder.write_all(bytes).ok()?;
    Some(encoder.finish().ok()?.into())
}

/// A random UUID (version 4).
fn new_audit_id() -> Option<HeaderValue> {
    let mut bytes = [0; 16];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .ok()?;
    let random = u128::from_be_bytes(bytes);
    let number = random & !(0xf000_c000 << 48) | 0x4000_8000 << 48;
    let hex = format!("{number:032x}");
    let uuid = format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    );
    HeaderValue::try_from(uuid).ok()
}

#[cfg(test)]
mod tests;
