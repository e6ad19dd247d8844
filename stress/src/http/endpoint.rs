//! The parts of `--url`.

use std::{fmt, str::FromStr};

use http::{HeaderValue, Uri, uri::Scheme};

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    Tls,
}

impl Security {
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "http",
            Self::Tls => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Plain => 80,
            Self::Tls => 443,
        }
    }
}

/// An `http://` or `https://` URL, taken apart for connecting and for the request line.
#[derive(Clone, Debug)]
pub struct Endpoint {
    security: Security,
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
        "write http[s]://HOST[:PORT][/PATH], such as http://workload.default.svc.cluster.local:8080/"
    )]
    Syntax,
    #[error("scheme `{0}` is not supported: use http:// or https://")]
    Scheme(String),
    #[error("leave out the user and password: arguments can be read by every process")]
    UserInfo,
    #[error("port must be between 1 and 65535")]
    Port,
}

impl Endpoint {
    pub fn security(&self) -> Security {
        self.security
    }

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
        let security = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => Security::Plain,
            Some(scheme) if *scheme == Scheme::HTTPS => Security::Tls,
            Some(scheme) => return Err(EndpointError::Scheme(scheme.to_string())),
            None => return Err(EndpointError::Syntax),
        };
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
            Some("") => security.default_port(),
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
            security,
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
        write!(f, "{}://{authority}{}", self.security.scheme(), self.path)
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
            ("https://workload/a", "workload", 443, "/a"),
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
        fn a_printed_url_reads_back_as_itself(scheme in "https?", host in "[a-z][a-z0-9.-]{0,20}[a-z]", port in 1u16.., path in "/[a-z0-9/]{0,12}") {
            let url = format!("{scheme}://{host}:{port}{path}");
            let endpoint: Endpoint = url.parse().expect("a URL");
            prop_assert_eq!(endpoint.to_string(), url);
        }

        #[test]
        fn reading_a_url_never_panics(text in "(https?://)?.{0,24}") {
            let _ = text.parse::<Endpoint>();
        }
    }
}
