//! The accept loop of the API: HTTPS with h2 and http/1.1, bounded, drained with GOAWAY.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;
use crate::trust::Peer;

/// A peer on the same network finishes a handshake in milliseconds; five seconds leave room for
/// a loaded control plane and keep an idle socket from holding a connection slot.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Same as Go's API servers.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(32);
/// kube-apiserver hands on every group of the user, one header each.
const MAX_HEADER_BYTES: u32 = 128 << 10;
/// Same as Go's HTTP/2 servers.
const MAX_STREAMS: u32 = 100;
/// Finds peers that vanished without a word.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Errors of accept are shortages (file descriptors, memory) that a hot loop makes worse.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What one listener needs.
#[derive(Debug)]
pub struct Server {
    pub listener: TcpListener,
    /// The configuration for new handshakes; a new one ends the connections of the former.
    pub tls: watch::Receiver<Arc<ServerConfig>>,
    pub max_connections: usize,
    /// Cancelled when accepting shall end and connections shall drain.
    pub stop: CancellationToken,
    pub metrics: Arc<Metrics>,
}

impl Server {
    /// Serves until `stop`, then returns when every connection has finished. Bounding the
    /// drain is the caller's business.
    pub async fn serve<H, F>(self, handler: H)
    where
        H: Fn(Arc<Peer>, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let connections = TaskTracker::new();
        let slots = Arc::new(Semaphore::new(self.max_connections));
        while let Some(stream) = self.accept(&slots).await {
            let (stream, slot) = stream;
            let (tls, stop) = (self.tls.clone(), self.stop.clone());
            let (handler, metrics) = (handler.clone(), Arc::clone(&self.metrics));
            connections.spawn(async move {
                let open = Open::new(&metrics, slot);
                if let Err(error) = connection(stream, tls, stop, handler).await {
                    // kube-apiserver's probes of availability close theirs without a word, ten a minute.
                    tracing::trace!("close a connection: {error:#}");
                }
                drop(open);
            });
        }
        drop(self.listener);
        connections.close();
        connections.wait().await;
    }

    /// The next connection with its slot; nothing once `stop` is cancelled.
    async fn accept(&self, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let next = async {
            let slot = Arc::clone(slots).acquire_owned().await.ok()?;
            loop {
                match self.listener.accept().await {
                    Ok((stream, _)) => return Some((stream, slot)),
                    Err(error) => {
                        tracing::warn!(%error, "accept a connection: {error}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            stream = next => stream,
        }
    }
}

/// An open connection as counted; given back also when its task panics.
struct Open<'a> {
    metrics: &'a Metrics,
    _slot: OwnedSemaphorePermit,
}

impl<'a> Open<'a> {
    fn new(metrics: &'a Metrics, slot: OwnedSemaphorePermit) -> Self {
        metrics.connections.inc();
        Self {
            metrics,
            _slot: slot,
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}

/// One connection from handshake to end. Its task ends with it.
async fn connection<H, F>(
    stream: TcpStream,
    mut tls: watch::Receiver<Arc<ServerConfig>>,
    stop: CancellationToken,
    handler: H,
) -> anyhow::Result<()>
where
    H: Fn(Arc<Peer>, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    stream.set_nodelay(true)?;
    let config = Arc::clone(&tls.borrow_and_update());
    let accept = TlsAcceptor::from(config).accept(stream);
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, accept).await??;
    let peer = Arc::new(peer(&stream));
    let http = http(stream.get_ref().1.alpn_protocol() == Some(b"h2"));
    let service = service_fn(move |request| {
        let answer = handler(Arc::clone(&peer), request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        result = connection.as_mut() => return result.map_err(anyhow::Error::from_boxed),
        () = stop.cancelled() => {}
        _ = tls.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await.map_err(anyhow::Error::from_boxed)
}

fn peer(stream: &TlsStream<TcpStream>) -> Peer {
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    Peer {
        chain: chain.iter().map(|one| one.clone().into_owned()).collect(),
    }
}

/// The protocol is settled by ALPN, so nothing waits for a first byte to guess it.
fn http(h2: bool) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES as usize);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    if h2 {
        http.http2_only()
    } else {
        http.http1_only()
    }
}
