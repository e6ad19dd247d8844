//! A place on an open connection for one request at a time.
//!
//! Over HTTP/1.1 a connection is one place. Over HTTP/2 a connection has as many places as
//! requests may share it; they come and go one by one, and the last one closes it.

mod http1;
mod http2;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::TrySendError};
use tokio::time::Instant;

use super::{
    dial::{Protocol, Stream},
    error::classify,
    pool::Life,
    request::Body,
};
use crate::outcome::{Failed, Failure, Reply};

/// Longest pod name Kubernetes allows.
const LONGEST_POD_NAME: usize = 253;
/// The response header that names the pod.
const POD_HEADER: &str = "x-pod";

/// How one use of a connection ended.
#[derive(Debug)]
pub(super) enum Exchange {
    /// The connection was found closed before the request was written to it.
    Unsent(Failed),
    /// The connection failed before the first byte of a response; the target may have acted.
    NoAnswer(Failed),
    Ended(Reply),
}

/// What a connection has behind it and may still do.
#[derive(Debug)]
struct Usage {
    opened: Instant,
    requests: AtomicU32,
    life: Life,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    usage: Arc<Usage>,
}

#[derive(Debug)]
enum Wire {
    Http1(http1::Wire),
    Http2(http2::Wire),
}

impl Connection {
    pub(super) async fn open(
        stream: Stream,
        protocol: Protocol,
        life: Life,
    ) -> Result<Self, Failed> {
        let wire = match protocol {
            Protocol::Http1 => Wire::Http1(http1::Wire::open(stream).await?),
            Protocol::Http2 => Wire::Http2(http2::Wire::open(stream).await?),
        };
        let usage = Usage {
            opened: Instant::now(),
            requests: AtomicU32::new(0),
            life,
        };
        Ok(Self {
            wire,
            usage: Arc::new(usage),
        })
    }

    pub(super) fn protocol(&self) -> Protocol {
        match self.wire {
            Wire::Http1(_) => Protocol::Http1,
            Wire::Http2(_) => Protocol::Http2,
        }
    }

    /// Up to `places` more places on the same connection: none over HTTP/1.1.
    pub(super) fn share(&self, places: u32) -> Vec<Self> {
        match &self.wire {
            Wire::Http1(_) => Vec::new(),
            Wire::Http2(wire) => (0..places.min(self.usage.life.requests - 1))
                .map(|_| Self {
                    wire: Wire::Http2(wire.clone()),
                    usage: Arc::clone(&self.usage),
                })
                .collect(),
        }
    }

    /// Counts a request that is about to be sent.
    pub(super) fn begin(&self) {
        self.usage.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it is too old at `now`, or has carried too many requests, for another one.
    pub(super) fn is_spent(&self, now: Instant) -> bool {
        let Usage {
            opened,
            requests,
            life,
        } = &*self.usage;
        let carried = requests.load(Ordering::Relaxed);
        carried >= life.requests || now.saturating_duration_since(*opened) >= life.age
    }

    /// Whether its end is known already.
    pub(super) fn is_closed(&self) -> bool {
        match &self.wire {
            Wire::Http1(wire) => wire.is_closed(),
            Wire::Http2(wire) => wire.is_closed(),
        }
    }

    /// Sends `request` and reads the whole response, keeping none of it.
    pub(super) async fn exchange(&mut self, request: Request<Body>) -> Exchange {
        match &mut self.wire {
            Wire::Http1(wire) => wire.exchange(request).await,
            Wire::Http2(wire) => wire.exchange(request).await,
        }
    }

    /// Whether another request can follow: the response is over and the server keeps the
    /// connection open.
    pub(super) fn is_reusable(&self) -> bool {
        match &self.wire {
            Wire::Http1(wire) => wire.is_reusable(),
            Wire::Http2(wire) => wire.is_reusable(),
        }
    }
}

/// hyper hands a request back that it could not write.
fn not_sent(error: &TrySendError<Request<Body>>, failed: Failed) -> Exchange {
    if error.message().is_some() {
        Exchange::Unsent(failed)
    } else {
        Exchange::NoAnswer(failed)
    }
}

/// What the head of a response says.
struct Head {
    result: Result<(), Failed>,
    pod: Option<String>,
}

impl Head {
    fn of(response: &Response<Incoming>) -> Self {
        let status = response.status();
        let result = match Failure::of_status(status.as_u16()) {
            None => Ok(()),
            Some(class) => Err(Failed::new(class, format!("HTTP {status}"))),
        };
        Self {
            result,
            pod: pod_name(response),
        }
    }

    /// The reply, once it is known what became of the body.
    fn ended(self, read: Result<(), Failed>) -> Exchange {
        Exchange::Ended(Reply {
            result: read.and(self.result),
            pod: self.pod,
        })
    }
}

async fn read_all(mut body: Incoming) -> hyper::Result<()> {
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

fn pod_name(response: &Response<Incoming>) -> Option<String> {
    let name = response.headers().get(POD_HEADER)?.to_str().ok()?;
    (!name.is_empty() && name.len() <= LONGEST_POD_NAME).then(|| name.to_owned())
}
