//! A connection of HTTP/1.1, driven by the request that uses it.
//!
//! hyper splits a connection into a sender and a driver, and usually the driver becomes a task.
//! Here the request polls the driver itself: dropping the request (a timeout) drops the socket,
//! and no task can outlive what it was made for.

use std::{
    future::Future,
    pin::{Pin, pin},
};

use http::{HeaderValue, Request, Response, Version, header};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Builder, SendRequest},
};
use hyper_util::rt::TokioIo;

use super::{Body, Exchange, Head, Stream, classify, not_sent, read_all};
use crate::{http::error::is_gone, outcome::Failed};

/// Read buffer limit per connection; a longer response passes through in pieces.
const BUFFER_BYTES: usize = 64 * 1024;

type Connection = http1::Connection<TokioIo<Stream>, Body>;

#[derive(Debug)]
pub(super) struct Wire {
    sender: SendRequest<Body>,
    driver: Driver,
    /// Whether the server keeps the connection, by its last word.
    is_kept: bool,
}

impl Wire {
    pub(super) async fn open(stream: Stream) -> Result<Self, Failed> {
        let (sender, connection) = Builder::new()
            .max_buf_size(BUFFER_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| classify(&error))?;
        let driver = Driver {
            connection: Some(Box::pin(connection)),
            error: None,
        };
        Ok(Self {
            sender,
            driver,
            is_kept: true,
        })
    }

    pub(super) async fn exchange(&mut self, request: Request<Body>) -> Exchange {
        let Self {
            sender,
            driver,
            is_kept,
        } = self;
        *is_kept = false;
        if let Err(error) = driver.run(sender.ready()).await {
            return Exchange::Unsent(driver.explain(&error));
        }
        let response = match driver.run(sender.try_send_request(request)).await {
            Ok(response) => response,
            Err(error) => return not_sent(&error, driver.explain(error.error())),
        };
        let head = Head::of(&response);
        let announces_end = announces_end(&response);
        let read = driver.run(read_all(response.into_body())).await;
        *is_kept = read.is_ok() && !announces_end;
        head.ended(read.map_err(|error| driver.explain(&error)))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// The connection may have ended without a word; the next request finds that out before it
    /// is written.
    pub(super) fn is_reusable(&self) -> bool {
        self.is_kept && self.driver.connection.is_some()
    }
}

/// Whether the server says that it closes the connection after this response.
fn announces_end(response: &Response<Incoming>) -> bool {
    let connection = response.headers().get(header::CONNECTION);
    match connection.map(HeaderValue::as_bytes) {
        Some(word) => !word.eq_ignore_ascii_case(b"keep-alive"),
        None => response.version() < Version::HTTP_11,
    }
}

/// What moves the bytes while the connection is open, and the error it ended with.
#[derive(Debug)]
struct Driver {
    connection: Option<Pin<Box<Connection>>>,
    error: Option<hyper::Error>,
}

impl Driver {
    /// Polls `work` to its end, and beside it the connection it depends on.
    async fn run<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Some(connection) = &mut self.connection {
            let ended = tokio::select! {
                biased;
                result = &mut work => return result,
                ended = connection => ended,
            };
            self.connection = None;
            self.error = ended.err();
        }
        work.await
    }

    /// The work knows only that its connection went away; the connection knows why.
    fn explain(&self, error: &hyper::Error) -> Failed {
        match &self.error {
            Some(cause) if is_gone(error) => classify(cause),
            _ => classify(error),
        }
    }
}
