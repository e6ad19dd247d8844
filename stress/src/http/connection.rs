//! One HTTP/1.1 connection, driven by the request that uses it.
//!
//! hyper splits a connection into a sender and a driver, and usually the driver becomes a task.
//! Here the request polls the driver itself: dropping the request (a timeout) drops the socket,
//! and no task can outlive what it was made for.

use std::{
    error::Error,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::Instant};

use crate::outcome::{Failed, Failure, Reply};

pub type Body = Full<Bytes>;
type Driver = http1::Connection<TokioIo<TcpStream>, Body>;

/// Read buffer limit per connection; a longer response passes through in pieces.
const BUFFER_BYTES: usize = 64 * 1024;
/// Longest pod name Kubernetes allows.
const LONGEST_POD_NAME: usize = 253;
/// The response header that names the pod.
const POD_HEADER: &str = "x-pod";

/// How one use of a connection ended.
#[derive(Debug)]
pub enum Exchange {
    /// The connection failed before the first byte of a response.
    NoAnswer(Failed),
    Ended(Reply),
}

/// An open connection, between or within requests.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Body>,
    wire: Wire,
    /// Requests sent on it, the current one included.
    pub requests: u32,
    pub opened: Instant,
}

impl Connection {
    pub async fn open(stream: TcpStream) -> Result<Self, Failed> {
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(BUFFER_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| classify(&error))?;
        Ok(Self {
            sender,
            wire: Wire {
                driver: Some(Box::pin(driver)),
                error: None,
            },
            requests: 0,
            opened: Instant::now(),
        })
    }

    /// Sends `request` and reads the whole response, keeping none of it.
    pub async fn exchange(&mut self, request: Request<Body>) -> Exchange {
        let Self { sender, wire, .. } = self;
        let sent = async {
            sender.ready().await?;
            sender.send_request(request).await
        };
        let response = match wire.drive(sent).await {
            Ok(response) => response,
            Err(failed) => return Exchange::NoAnswer(failed),
        };
        let pod = pod_name(&response);
        let status = response.status();
        let read = wire.drive(read_all(response.into_body())).await;
        let result = read.and_then(|()| match Failure::of_status(status.as_u16()) {
            None => Ok(()),
            Some(class) => Err(Failed::new(class, format!("HTTP {status}"))),
        });
        Exchange::Ended(Reply { result, pod })
    }

    /// Whether another request can follow: the response is over and the server keeps the
    /// connection open.
    pub async fn is_reusable(&mut self) -> bool {
        self.wire.is_open().await && self.sender.is_ready()
    }
}

/// The driver of a connection while it is open, and the error it ended with.
#[derive(Debug)]
struct Wire {
    driver: Option<Pin<Box<Driver>>>,
    error: Option<hyper::Error>,
}

impl Wire {
    /// Polls `work` to its end, and beside it the connection it depends on.
    async fn drive<T>(
        &mut self,
        work: impl Future<Output = hyper::Result<T>>,
    ) -> Result<T, Failed> {
        let mut work = pin!(work);
        if let Some(driver) = &mut self.driver {
            let ended = tokio::select! {
                biased;
                result = &mut work => return result.map_err(|error| classify(&error)),
                ended = driver => ended,
            };
            self.driver = None;
            self.error = ended.err();
        }
        work.await.map_err(|error| match &self.error {
            // The work knows only that its connection went away; the driver knows why.
            Some(cause) if error.is_closed() || error.is_canceled() => classify(cause),
            _ => classify(&error),
        })
    }

    /// Lets the connection take in what has arrived, such as its end.
    async fn is_open(&mut self) -> bool {
        if let Some(driver) = &mut self.driver {
            let poll = |context: &mut Context<'_>| Poll::Ready(driver.as_mut().poll(context));
            if let Poll::Ready(ended) = poll_fn(poll).await {
                self.driver = None;
                self.error = ended.err();
            }
        }
        self.driver.is_some()
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

fn classify(error: &hyper::Error) -> Failed {
    let class = if let Some(io) = io_cause(error) {
        Failure::of_io(io, Failure::Closed)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Failure::Closed
    } else {
        Failure::Protocol
    };
    let detail = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Failed::new(class, detail)
}

fn io_cause(error: &hyper::Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref() {
            return Some(io);
        }
        source = cause.source();
    }
    None
}
