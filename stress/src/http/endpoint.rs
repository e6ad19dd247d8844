//! The parts of `--url`.

use std::{fmt, str::FromStr};

use http::{HeaderValue, Uri, uri::Scheme};

/// An `http://` URL, taken apart for connecting and for the request line.
#[derive(Clone, Debug)]
pub struct Endpoint {
    host: String,
    port: u16,
    /// Path and query, as in the request line.
    path: Uri,
    host_header: HeaderValue,
}

/// Why a text is not an [`Endpoint`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EndpointError {
    #[error(
        "write http://HOST[:PORT][/PATH], such as http://workload.default.svc.cluster.local:8080/"
    )]
    Syntax,
    #[error("https is not supported yet: use http://")]
    Https,
    #[error("scheme `{0}` is not supported: use http://")]
    Scheme(String),
    #[error("leave out the user and password: arguments can be read by every process")]
    UserInfo,
    #[error("port must be between 1 and 65535")]
    Port,
}

impl Endpoint {
    /// Host name or address, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn path(&self) -> &Uri {
        &self.path
    }

    pub fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.parse().map_err(|_| EndpointError::Syntax)?;
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => {}
            Some(scheme) if *scheme == Scheme::HTTPS => return Err(EndpointError::Https),
            Some(scheme) => return Err(EndpointError::Scheme(scheme.to_string())),
            None => return Err(EndpointError::Syntax),
        }
        let authority = uri.authority().ok_or(EndpointError::Syntax)?;
        if authority.as_str().contains('@') {
            return Err(EndpointError::UserInfo);
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        if host.is_empty() {
            return Err(EndpointError::Syntax);
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => 80,
            // `Authority` does not check the range of the port.
            Some(rest) => rest
                .trim_start_matches(':')
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or(EndpointError::Port)?,
            None => return Err(EndpointError::Syntax),
        };
        let path = uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string);
        Ok(Self {
            host: host.to_owned(),
            port,
            path: path.parse().map_err(|_| EndpointError::Syntax)?,
            host_header: HeaderValue::from_str(authority.as_str())
                .map_err(|_| EndpointError::Syntax)?,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.host_header.to_str().unwrap_or(&self.host);
        write!(f, "http://{authority}{}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_url_is_taken_apart_for_connecting_and_for_the_request_line() {
        for (url, host, port, path) in [
            ("http://workload", "workload", 80, "/"),
            (
                "http://workload.default:8080/load?ms=50",
                "workload.default",
                8080,
                "/load?ms=50",
            ),
            ("http://10.1.2.3:9/a#part", "10.1.2.3", 9, "/a"),
            ("http://[::1]:8080/", "::1", 8080, "/"),
            ("http://workload?x", "workload", 80, "/?x"),
        ] {
            let endpoint: Endpoint = url.parse().expect(url);
            assert_eq!(
                (
                    endpoint.host(),
                    endpoint.port(),
                    endpoint.path().to_string().as_str()
                ),
                (host, port, path),
                "{url}"
            );
        }
    }

    #[test]
    fn an_unusable_url_is_refused_with_what_would_be_right() {
        for (url, error) in [
            ("", EndpointError::Syntax),
            ("workload:8080", EndpointError::Syntax),
            ("/path", EndpointError::Syntax),
            ("http://", EndpointError::Syntax),
            ("http://:80/", EndpointError::Syntax),
            ("http://host name/", EndpointError::Syntax),
            ("https://workload/", EndpointError::Https),
            ("ftp://workload/", EndpointError::Scheme("ftp".to_owned())),
            ("http://me:secret@workload/", EndpointError::UserInfo),
            ("http://workload:0/", EndpointError::Port),
            ("http://workload:65536/", EndpointError::Port),
        ] {
            assert_eq!(url.parse::<Endpoint>().err(), Some(error), "{url}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_url_reads_back_as_itself(host in "[a-z][a-z0-9.-]{0,20}[a-z]", port in 1u16.., path in "/[a-z0-9/]{0,12}") {
            let url = format!("http://{host}:{port}{path}");
            let endpoint: Endpoint = url.parse().expect("a URL");
            prop_assert_eq!(endpoint.to_string(), url);
        }

        #[test]
        fn reading_a_url_never_panics(text in "(http://)?.{0,24}") {
            let _ = text.parse::<Endpoint>();
        }
    }
}
