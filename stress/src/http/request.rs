//! The one request that is sent again and again.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header, uri};
use http_body_util::Full;

use super::{dial::Protocol, endpoint::Endpoint};

pub type Body = Full<Bytes>;

const USER_AGENT: &str = concat!("stress/", env!("CARGO_PKG_VERSION"));

/// What is asked of the target.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub method: Method,
    /// Sent in addition to the usual ones, and instead of those with the same name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// A request, prepared once for both versions of HTTP.
#[derive(Debug)]
pub(super) struct Template {
    method: Method,
    body: Bytes,
    http1: Head,
    /// Of the last request on a connection of HTTP/1.1.
    http1_last: Head,
    http2: Head,
}

/// How a version of HTTP names the resource, and its headers.
#[derive(Clone, Debug)]
struct Head {
    version: Version,
    uri: Uri,
    headers: HeaderMap,
}

impl Template {
    /// Fails when a `host` header among `content` is not a host.
    pub(super) fn new(endpoint: &Endpoint, content: Content) -> Result<Self, http::Error> {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        for (name, _) in &content.headers {
            headers.remove(name);
        }
        for (name, value) in content.headers {
            headers.append(name, value);
        }
        let host = headers
            .remove(header::HOST)
            .unwrap_or_else(|| endpoint.host_header().clone());
        let path = endpoint.path().clone();
        let absolute = uri::Builder::new()
            .scheme(endpoint.security().scheme())
            .authority(host.as_bytes())
            .path_and_query(path.to_string())
            .build()?;
        let http2 = Head {
            version: Version::HTTP_2,
            uri: absolute,
            headers: headers.clone(),
        };
        headers.insert(header::HOST, host);
        let http1 = Head {
            version: Version::HTTP_11,
            uri: path,
            headers,
        };
        let mut http1_last = http1.clone();
        // Lets the server close first, so that the waiting time of closed connections (TIME_WAIT)
        // is not all on this process's ports. Both ends close at about the same moment: measured,
        // four in ten still wait here.
        let close = HeaderValue::from_static("close");
        http1_last.headers.insert(header::CONNECTION, close);
        Ok(Self {
            method: content.method,
            body: content.body,
            http1,
            http1_last,
            http2,
        })
    }

    /// The request for a connection of `protocol`, which is to end after it if it is the `last`.
    pub(super) fn request(&self, protocol: Protocol, last: bool) -> Request<Body> {
        let Head {
            version,
            uri,
            headers,
        } = match protocol {
            Protocol::Http1 if last => &self.http1_last,
            Protocol::Http1 => &self.http1,
            Protocol::Http2 => &self.http2,
        };
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.version_mut() = *version;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers.clone();
        request
    }

    /// Whether sending it twice does what sending it once does, so that it may be sent again when
    /// nobody knows whether it arrived.
    pub(super) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(content: Content) -> Template {
        let endpoint: Endpoint = "http://workload:8080/load?ms=5".parse().expect("a URL");
        Template::new(&endpoint, content).expect("valid content")
    }

    fn header(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    }

    #[test]
    fn each_version_names_the_resource_in_its_own_way() {
        let template = template(Content::default());
        let old = template.request(Protocol::Http1, false);
        assert_eq!(old.uri(), "/load?ms=5");
        assert_eq!(old.headers()[header::HOST], "workload:8080");
        let new = template.request(Protocol::Http2, false);
        assert_eq!(new.uri(), "http://workload:8080/load?ms=5");
        assert!(!new.headers().contains_key(header::HOST));
    }

    #[test]
    fn only_http1_announces_the_end_of_a_connection() {
        let template = template(Content::default());
        let close = |protocol, last| {
            let request = template.request(protocol, last);
            request.headers().contains_key(header::CONNECTION)
        };
        assert!(close(Protocol::Http1, true));
        assert!(!close(Protocol::Http1, false));
        assert!(!close(Protocol::Http2, true));
    }

    #[test]
    fn given_headers_replace_the_usual_ones_and_may_repeat() {
        let template = template(Content {
            headers: vec![
                header("user-agent", "me"),
                header("x-a", "1"),
                header("x-a", "2"),
                header("host", "other"),
            ],
            ..Content::default()
        });
        let request = template.request(Protocol::Http1, false);
        let all = |name| {
            let values = request.headers().get_all(name).iter();
            values
                .filter_map(|value| value.to_str().ok())
                .collect::<Vec<_>>()
        };
        assert_eq!(all("user-agent"), ["me"]);
        assert_eq!(all("x-a"), ["1", "2"]);
        assert_eq!(all("host"), ["other"]);
        let request = template.request(Protocol::Http2, false);
        assert_eq!(request.uri().host(), Some("other"));
    }
}
