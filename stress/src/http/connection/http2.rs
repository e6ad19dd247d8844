//! A place on a connection of HTTP/2, which several requests share.
//!
//! The connection is driven by a task of its own, because no single request owns it. The task
//! ends with the connection, and that ends when its last place is given back.

use std::{sync::Arc, time::Duration};

use http::Request;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Body, Exchange, Head, Stream, classify, not_sent, read_all};
use crate::outcome::Failed;

/// How long a connection that nobody uses any more may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(super) struct Wire {
    sender: SendRequest<Body>,
    /// Tells the task when the last place is gone.
    _in_use: Arc<DropGuard>,
}

impl Wire {
    pub(super) async fn open(stream: Stream) -> Result<Self, Failed> {
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| classify(&error))?;
        let unused = CancellationToken::new();
        let in_use = Arc::new(unused.clone().drop_guard());
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                // Whoever has a request under way learns of an error by that request.
                _ = &mut connection => {}
                () = unused.cancelled() => drop(timeout(GOODBYE, connection).await),
            }
        });
        Ok(Self {
            sender,
            _in_use: in_use,
        })
    }

    pub(super) async fn exchange(&mut self, request: Request<Body>) -> Exchange {
        if let Err(error) = self.sender.ready().await {
            return Exchange::Unsent(classify(&error));
        }
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(error) => return not_sent(&error, classify(error.error())),
        };
        let head = Head::of(&response);
        let read = read_all(response.into_body()).await;
        head.ended(read.map_err(|error| classify(&error)))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    pub(super) fn is_reusable(&self) -> bool {
        self.sender.is_ready()
    }
}
