//! The target over HTTP/1.1 or HTTP/2, with or without TLS.

mod allowance;
mod connection;
pub mod dial;
pub mod endpoint;
mod error;
pub mod pool;
pub mod request;
pub mod resolver;
pub mod tls;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    outcome::{Failed, Failure, Reply},
    target::Target,
};
use connection::{Connection, Exchange};
use dial::{Dialer, Protocol, Version};
use endpoint::Endpoint;
use pool::{Life, Limits, Pool, Slot, Want};
use request::{Content, Template};
use tls::Trust;

/// What the connections of a run did until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionTotals {
    /// What they speak, once there was one.
    pub protocol: Option<Protocol>,
    /// Connections established for requests.
    pub opened: u64,
    /// Requests that had to wait for a connection, because no more were allowed in that second.
    pub waited: u64,
    /// Requests sent again because their reused connection had been closed meanwhile.
    pub retried: u64,
    /// Connections that needed a second address because the first did not answer.
    pub second_address: u64,
    /// Name lookups that failed. The last good addresses stay in use for a while.
    pub failed_lookups: u64,
}

/// How to reach and ask one URL.
#[derive(Clone, Debug)]
pub struct Setup {
    pub endpoint: Endpoint,
    pub content: Content,
    pub version: Version,
    pub trust: Trust,
    pub limits: Limits,
    /// For one request, from its connection to the last byte of its response.
    pub timeout: Duration,
}

/// Why a URL cannot be put under load.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("--header: {0}")]
    Header(#[from] http::Error),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// One URL under load.
#[derive(Debug)]
pub struct HttpTarget {
    template: Template,
    dialer: Dialer,
    pool: Pool,
    timeout: Duration,
    opened: AtomicU64,
    retried: AtomicU64,
}

impl HttpTarget {
    /// Starts resolving the endpoint's name, and sends nothing.
    pub fn start(setup: Setup) -> Result<Self, SetupError> {
        Ok(Self {
            template: Template::new(&setup.endpoint, setup.content)?,
            dialer: Dialer::start(&setup.endpoint, setup.version, &setup.trust)?,
            pool: Pool::new(setup.limits),
            timeout: setup.timeout,
            opened: AtomicU64::new(0),
            retried: AtomicU64::new(0),
        })
    }

    pub fn totals(&self) -> ConnectionTotals {
        ConnectionTotals {
            protocol: self.dialer.spoken(),
            opened: self.opened.load(Ordering::Relaxed),
            waited: self.pool.waited(),
            retried: self.retried.load(Ordering::Relaxed),
            second_address: self.dialer.second_address(),
            failed_lookups: self.dialer.failed_lookups(),
        }
    }

    /// One use of `slot`.
    async fn attempt(&self, slot: Slot) -> Attempt {
        let (mut connection, is_fresh) = match slot {
            Slot::Idle(connection) => (connection, false),
            // Boxed: requests that find an idle connection need no room for opening one.
            Slot::Fresh(life) => match Box::pin(self.open(life)).await {
                Ok(connection) => (connection, true),
                Err(failed) => return Attempt::Ended(failed.into()),
            },
        };
        connection.begin();
        let is_last = self.pool.never_reuses() || connection.is_spent(Instant::now());
        let request = self.template.request(connection.protocol(), is_last);
        let exchange = connection.exchange(request).await;
        if !is_last && connection.is_reusable() {
            self.pool.put(connection);
        }
        match exchange {
            Exchange::Ended(reply) => Attempt::Ended(reply),
            // The server may close an idle connection at any time. A request that certainly did
            // nothing, or may do it twice, goes out once more.
            Exchange::Unsent(_) if !is_fresh => Attempt::Stale,
            Exchange::NoAnswer(_) if !is_fresh && self.template.is_idempotent() => Attempt::Stale,
            Exchange::Unsent(failed) | Exchange::NoAnswer(failed) => Attempt::Ended(failed.into()),
        }
    }

    async fn open(&self, life: Life) -> Result<Connection, Failed> {
        let (stream, protocol) = self.dialer.dial().await?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::open(stream, protocol, life).await?;
        self.pool.offer(&connection);
        Ok(connection)
    }

    /// The failure of a request that no connection was allowed for in time.
    fn held_back(&self) -> Failed {
        let limit = self.pool.per_second();
        Failed::new(
            Failure::Local,
            format!("no connection came free, and --conn-rate allows {limit} new ones per second"),
        )
    }

    fn timed_out(&self) -> Failed {
        let limit = humantime::format_duration(self.timeout);
        let detail = format!("no complete response within {limit}");
        Failed::new(Failure::Timeout, detail)
    }
}

/// What came of one use of a connection.
enum Attempt {
    Ended(Reply),
    /// The connection had been closed while it was idle.
    Stale,
}

impl Target for HttpTarget {
    async fn fetch(&self) -> Reply {
        let deadline = Instant::now() + self.timeout;
        let mut want = Want::Any;
        loop {
            let Ok(slot) = timeout_at(deadline, self.pool.slot(want)).await else {
                return self.held_back().into();
            };
            match timeout_at(deadline, self.attempt(slot)).await {
                Ok(Attempt::Ended(reply)) => return reply,
                Ok(Attempt::Stale) => {
                    self.retried.fetch_add(1, Ordering::Relaxed);
                    want = Want::Fresh;
                }
                Err(_) => return self.timed_out().into(),
            }
        }
    }

    async fn probe(&self, limit: Duration) -> Result<String, Failed> {
        timeout(limit, self.dialer.probe())
            .await
            .unwrap_or_else(|_| {
                let limit = humantime::format_duration(limit);
                let detail = format!("no connection within {limit}");
                Err(Failed::new(Failure::Timeout, detail))
            })
    }
}
