//! The way to the target: an address in turn, TCP, TLS where asked for, and the version of HTTP
//! both ends speak.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use rustls::ProtocolVersion;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;

use super::{
    endpoint::{Endpoint, Security},
    resolver::Resolver,
    tls::{self, Trust},
};
use crate::outcome::{Failed, Failure};

/// Addresses tried for one connection. A name may stand for an address that is not served
/// (`localhost` as `::1`); a second try helps there, and more would be load of its own.
const CONNECT_ATTEMPTS: usize = 2;

/// An open way, encrypted or not. The large kind is boxed: most runs never use it.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Which version of HTTP to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Version {
    /// What the server prefers over TLS, HTTP/1.1 without
    #[default]
    Auto,
    #[value(name = "1.1")]
    Http1,
    /// By ALPN over TLS, by prior knowledge without
    #[value(name = "2")]
    Http2,
}

impl Version {
    /// The names offered in the TLS handshake, the preferred one first.
    pub(super) fn alpn(self) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match self {
            Self::Auto => &[b"h2", b"http/1.1"],
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

/// Opens connections to one endpoint.
pub(super) struct Dialer {
    resolver: Resolver,
    version: Version,
    tls: Option<Tls>,
    next_address: AtomicUsize,
    second_address: AtomicU64,
    /// What the first connection spoke.
    spoken: OnceLock<Protocol>,
}

struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("resolver", &self.resolver)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Dialer {
    /// Starts resolving the endpoint's name. Fails when TLS cannot be set up, or the host is no
    /// name that a certificate could be for.
    pub(super) fn start(
        endpoint: &Endpoint,
        version: Version,
        trust: &Trust,
    ) -> Result<Self, rustls::Error> {
        let tls = match endpoint.security() {
            Security::Plain => None,
            Security::Tls => Some(Tls {
                connector: tls::client(trust, version)?.into(),
                server: ServerName::try_from(endpoint.host().to_owned())
                    .map_err(|error| rustls::Error::General(error.to_string()))?,
            }),
        };
        Ok(Self {
            resolver: Resolver::start(endpoint.host(), endpoint.port()),
            version,
            tls,
            next_address: AtomicUsize::new(0),
            second_address: AtomicU64::new(0),
            spoken: OnceLock::new(),
        })
    }

    pub(super) async fn dial(&self) -> Result<(Stream, Protocol), Failed> {
        let tcp = self.connect().await?;
        let (stream, protocol) = match &self.tls {
            None if self.version == Version::Http2 => (Either::Left(tcp), Protocol::Http2),
            None => (Either::Left(tcp), Protocol::Http1),
            Some(tls) => self.encrypt(tls, tcp).await?,
        };
        // Only the first is told: in a mixed fleet that is as good as any.
        let _ = self.spoken.set(protocol);
        Ok((stream, protocol))
    }

    /// Opens a connection and says in words what it reached.
    pub(super) async fn probe(&self) -> Result<String, Failed> {
        let (stream, protocol) = self.dial().await?;
        let (tcp, version) = match &stream {
            Either::Left(tcp) => (tcp, None),
            Either::Right(tls) => (tls.get_ref().0, tls.get_ref().1.protocol_version()),
        };
        let peer = tcp
            .peer_addr()
            .map_err(|error| Failed::new(Failure::Connect, error.to_string()))?;
        Ok(match version {
            None => peer.to_string(),
            Some(ProtocolVersion::TLSv1_3) => format!("{peer} (TLS 1.3, {protocol})"),
            Some(_) => format!("{peer} (TLS 1.2, {protocol})"),
        })
    }

    /// What the connections speak, once there was one.
    pub(super) fn spoken(&self) -> Option<Protocol> {
        self.spoken.get().copied()
    }

    pub(super) fn second_address(&self) -> u64 {
        self.second_address.load(Ordering::Relaxed)
    }

    pub(super) fn failed_lookups(&self) -> u64 {
        self.resolver.failed_lookups()
    }

    /// Connects to the next address in turn, so that all of a headless Service get their share.
    async fn connect(&self) -> Result<TcpStream, Failed> {
        let addresses = self.resolver.addresses().await?;
        let turn = self.next_address.fetch_add(1, Ordering::Relaxed);
        let mut attempt = 0;
        loop {
            let address = addresses[turn.wrapping_add(attempt) % addresses.len()];
            attempt += 1;
            let error = match TcpStream::connect(address).await {
                Ok(stream) => {
                    if attempt > 1 {
                        self.second_address.fetch_add(1, Ordering::Relaxed);
                    }
                    // A request is one small write: it must not wait for more.
                    return match stream.set_nodelay(true) {
                        Ok(()) => Ok(stream),
                        Err(error) => Err(connect_failed(&address, &error)),
                    };
                }
                Err(error) => connect_failed(&address, &error),
            };
            if error.class == Failure::Local || attempt >= addresses.len().min(CONNECT_ATTEMPTS) {
                return Err(error);
            }
        }
    }

    async fn encrypt(&self, tls: &Tls, tcp: TcpStream) -> Result<(Stream, Protocol), Failed> {
        let stream = tls
            .connector
            .connect(tls.server.clone(), tcp)
            .await
            .map_err(|error| tls_failed(&error))?;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        if self.version == Version::Http2 && protocol != Protocol::Http2 {
            let detail = "the server does not offer HTTP/2 in its TLS handshake";
            return Err(Failed::new(Failure::Protocol, detail));
        }
        Ok((Either::Right(Box::new(stream)), protocol))
    }
}

fn connect_failed(address: &SocketAddr, error: &io::Error) -> Failed {
    let class = Failure::of_io(error, Failure::Connect);
    Failed::new(class, format!("connect to {address}: {error}"))
}

fn tls_failed(error: &io::Error) -> Failed {
    let rustls = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match rustls {
        Some(cause @ rustls::Error::InvalidCertificate(_)) => {
            let advice = "--ca-file names the authority to trust";
            Failed::new(Failure::Tls, format!("TLS: {cause} ({advice})"))
        }
        Some(cause) => Failed::new(Failure::Tls, format!("TLS: {cause}")),
        None => Failed::new(Failure::of_io(error, Failure::Tls), format!("TLS: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        (listener, address)
    }

    fn dialer(addresses: Vec<SocketAddr>) -> Dialer {
        let endpoint = "http://127.0.0.1/".parse().expect("a URL");
        let trust = Trust::default();
        let dialer = Dialer::start(&endpoint, Version::Auto, &trust).expect("no TLS to set up");
        Dialer {
            resolver: Resolver::fixed(addresses),
            ..dialer
        }
    }

    async fn peer(dialer: &Dialer) -> SocketAddr {
        let stream = dialer.connect().await.expect("a connection");
        stream.peer_addr().expect("a peer")
    }

    #[tokio::test]
    async fn all_addresses_are_used_in_turn() {
        let listeners = [listener().await, listener().await, listener().await];
        let mut addresses: Vec<_> = listeners.iter().map(|(_, address)| *address).collect();
        let dialer = dialer(addresses.clone());
        addresses.sort_unstable();
        for turn in 0..6 {
            assert_eq!(peer(&dialer).await, addresses[turn % 3]);
        }
        assert_eq!(dialer.second_address(), 0);
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_over_once_and_counted() {
        let (_kept, address) = listener().await;
        let closed: SocketAddr = "127.0.0.1:1".parse().expect("an address");
        let dialer = dialer(vec![closed, address]);
        for _ in 0..4 {
            assert_eq!(peer(&dialer).await, address);
        }
        assert_eq!(dialer.second_address(), 2);
    }

    #[tokio::test]
    async fn a_name_with_nobody_behind_it_is_refused() {
        let closed = (1..=3).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let dialer = dialer(closed.collect());
        let failed = dialer.connect().await.expect_err("nobody");
        assert_eq!(failed.class, Failure::Refused);
    }
}
