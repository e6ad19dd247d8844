//! A small server that speaks TLS and HTTP/2.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread,
};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

/// What the server saw.
#[derive(Default)]
pub(super) struct Seen {
    /// Connections that carried a request.
    pub(super) connections: usize,
    pub(super) requests: usize,
    pub(super) http2: usize,
    pub(super) bodies: usize,
    pub(super) most_at_once: usize,
    at_once: usize,
}

pub(super) struct SecureServer {
    pub(super) address: SocketAddr,
    /// The certificate, which vouches for itself.
    pub(super) pem: String,
    shared: Arc<Shared>,
}

struct Shared {
    seen: Mutex<Seen>,
    /// Answers wait until so many requests are there at once.
    hold_until: usize,
    enough: Notify,
}

impl SecureServer {
    /// Speaks TLS and what of `alpn` the client wants most; HTTP/2 without TLS where there is
    /// nothing to choose from.
    pub(super) fn start(alpn: &[&str], hold_until: usize) -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let tls = (!alpn.is_empty()).then(|| TlsAcceptor::from(Arc::new(config)));

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            hold_until,
            enough: Notify::new(),
        });
        let server = Self {
            address,
            pem: cert.pem(),
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(accept(stream, tls.clone(), Arc::clone(&shared)));
                }
            });
        });
        server
    }

    pub(super) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.shared.seen.lock().unwrap()
    }
}

async fn accept(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let Some(tls) = tls else {
        return serve(stream, true, shared).await;
    };
    // A client that does not trust the certificate goes away here.
    if let Ok(stream) = tls.accept(stream).await {
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        serve(stream, is_http2, shared).await;
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    is_http2: bool,
    shared: Arc<Shared>,
) {
    let first = Mutex::new(true);
    let service = service_fn(|request: Request<Incoming>| {
        let is_first = std::mem::take(&mut *first.lock().unwrap());
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(request, is_first, &shared).await) }
    });
    let io = TokioIo::new(stream);
    // The client may go away whenever it likes.
    drop(if is_http2 {
        let server = http2::Builder::new(TokioExecutor::new());
        server.serve_connection(io, service).await
    } else {
        http1::Builder::new().serve_connection(io, service).await
    });
}

async fn answer(
    request: Request<Incoming>,
    is_first: bool,
    shared: &Shared,
) -> Response<Full<Bytes>> {
    {
        let mut seen = shared.seen.lock().unwrap();
        seen.connections += usize::from(is_first);
        seen.requests += 1;
        seen.http2 += usize::from(request.version() == Version::HTTP_2);
        seen.at_once += 1;
        seen.most_at_once = seen.most_at_once.max(seen.at_once);
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    shared.seen.lock().unwrap().bodies += body.len();
    loop {
        let enough = shared.enough.notified();
        if shared.seen.lock().unwrap().most_at_once >= shared.hold_until {
            break;
        }
        enough.await;
    }
    shared.enough.notify_waiters();
    shared.seen.lock().unwrap().at_once -= 1;
    let mut response = Response::new(Full::new(Bytes::from_static(b"ok")));
    response
        .headers_mut()
        .insert("x-pod", http::HeaderValue::from_static("secure-0"));
    response
}
