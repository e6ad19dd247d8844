//! The target over HTTP/1.1: one `GET` per request.

pub mod connection;
pub mod endpoint;
pub mod pool;
pub mod resolver;

use std::{
    io,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use http::{HeaderValue, Request, header};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    outcome::{Failed, Failure, Reply},
    target::Target,
};
use connection::{Body, Connection, Exchange};
use endpoint::Endpoint;
use pool::{Life, Pool};
use resolver::Resolver;

/// Addresses tried for one connection. A name may stand for an address that is not served
/// (`localhost` as `::1`); a second try helps there, and more would be load of its own.
const CONNECT_ATTEMPTS: usize = 2;

/// Which connection a request goes out on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// A fresh one each: kube-proxy picks a pod per connection, so only this spreads every
    /// request over all pods, new ones included.
    Never,
    /// An idle one if there is any, within the bounds of its life.
    Within(Life),
}

/// What the connections did, for the report.
#[derive(Debug, Default)]
pub struct ConnectionCounts {
    opened: AtomicU64,
    retried: AtomicU64,
    second_address: AtomicU64,
}

/// A snapshot of [`ConnectionCounts`] and of the resolver's failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTotals {
    /// Connections established for requests.
    pub opened: u64,
    /// Requests sent again because their reused connection had been closed meanwhile.
    pub retried: u64,
    /// Connections that needed a second address because the first did not answer.
    pub second_address: u64,
    /// Name lookups that failed. The last good addresses stay in use for a while.
    pub failed_lookups: u64,
}

/// One URL under load.
#[derive(Debug)]
pub struct HttpTarget {
    endpoint: Endpoint,
    resolver: Resolver,
    pool: Option<Pool>,
    timeout: Duration,
    next_address: AtomicUsize,
    counts: ConnectionCounts,
}

impl HttpTarget {
    /// Starts resolving the endpoint's name. `most_idle` bounds the connections kept for reuse.
    pub fn new(endpoint: Endpoint, timeout: Duration, reuse: Reuse, most_idle: usize) -> Self {
        let pool = match reuse {
            Reuse::Never => None,
            Reuse::Within(life) => Some(Pool::new(life, most_idle)),
        };
        Self {
            resolver: Resolver::start(endpoint.host(), endpoint.port()),
            endpoint,
            pool,
            timeout,
            next_address: AtomicUsize::new(0),
            counts: ConnectionCounts::default(),
        }
    }

    pub fn totals(&self) -> ConnectionTotals {
        ConnectionTotals {
            opened: self.counts.opened.load(Ordering::Relaxed),
            retried: self.counts.retried.load(Ordering::Relaxed),
            second_address: self.counts.second_address.load(Ordering::Relaxed),
            failed_lookups: self.resolver.failed_lookups(),
        }
    }

    async fn try_fetch(&self) -> Result<Reply, Failed> {
        if let Some(idle) = self.pool.as_ref().and_then(Pool::take) {
            match self.exchange(idle).await {
                // The server may close an idle connection at any time. `GET` is idempotent, so
                // a request that got no byte of an answer goes out once more.
                Exchange::NoAnswer(_) => self.counts.retried.fetch_add(1, Ordering::Relaxed),
                Exchange::Ended(reply) => return Ok(reply),
            };
        }
        let stream = self.connect().await?;
        self.counts.opened.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::open(stream).await?;
        match self.exchange(connection).await {
            Exchange::NoAnswer(failed) => Err(failed),
            Exchange::Ended(reply) => Ok(reply),
        }
    }

    async fn exchange(&self, mut connection: Connection) -> Exchange {
        connection.requests += 1;
        let keep = self.pool.as_ref().filter(|pool| pool.outlives(&connection));
        let exchange = connection.exchange(self.request(keep.is_some())).await;
        if let Some(pool) = keep
            && connection.is_reusable().await
        {
            pool.put(connection);
        }
        exchange
    }

    fn request(&self, keep_alive: bool) -> Request<Body> {
        let mut request = Request::new(Body::default());
        *request.uri_mut() = self.endpoint.path().clone();
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.endpoint.host_header().clone());
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        if !keep_alive {
            // Lets the server close first, so that the waiting time of closed connections
            // (TIME_WAIT) is not all on this process's ports. Both ends close at about the same
            // moment: measured, four in ten still wait here.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        request
    }

    /// Connects to the next address in turn, so that all of a headless Service get their share.
    async fn connect(&self) -> Result<TcpStream, Failed> {
        let addresses = self.resolver.addresses().await?;
        let turn = self.next_address.fetch_add(1, Ordering::Relaxed);
        let mut attempt = 0;
        loop {
            let address = addresses[(turn + attempt) % addresses.len()];
            attempt += 1;
            let error = match TcpStream::connect(address).await {
                Ok(stream) => {
                    if attempt > 1 {
                        self.counts.second_address.fetch_add(1, Ordering::Relaxed);
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
}

const USER_AGENT: &str = concat!("stress/", env!("CARGO_PKG_VERSION"));

impl Target for HttpTarget {
    async fn fetch(&self) -> Reply {
        match timeout(self.timeout, self.try_fetch()).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(failed)) => failed.into(),
            Err(_) => {
                let limit = humantime::format_duration(self.timeout);
                Failed::new(
                    Failure::Timeout,
                    format!("no complete response within {limit}"),
                )
                .into()
            }
        }
    }

    async fn probe(&self, limit: Duration) -> Result<String, Failed> {
        let reached = timeout(limit, self.connect()).await;
        let stream = reached.unwrap_or_else(|_| {
            let limit = humantime::format_duration(limit);
            Err(Failed::new(
                Failure::Timeout,
                format!("no connection within {limit}"),
            ))
        })?;
        let peer = stream
            .peer_addr()
            .map_err(|error| Failed::new(Failure::Connect, error.to_string()))?;
        Ok(peer.to_string())
    }
}

fn connect_failed(address: &std::net::SocketAddr, error: &io::Error) -> Failed {
    let class = Failure::of_io(error, Failure::Connect);
    Failed::new(class, format!("connect to {address}: {error}"))
}
