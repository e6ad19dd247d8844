//! A small HTTP server for scrapes.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::CONTENT_TYPE;

/// Scrapes served at once.
const MOST_SCRAPES: usize = 8;
/// Longest time for one of them, from its connection to its end.
const LONGEST_SCRAPE: Duration = Duration::from_secs(10);
/// Pause after a connection that could not be accepted, such as for want of files.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens at `address`. Nothing is answered before [`serve`].
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Answers `GET /metrics` with what `render` returns, until it is cancelled.
pub async fn serve<R>(listener: TcpListener, render: R) -> !
where
    R: Fn() -> prometheus::Result<Vec<u8>> + Clone + Send + Sync + 'static,
{
    let places = Arc::new(Semaphore::new(MOST_SCRAPES));
    loop {
        // Closed only by dropping it, which ends this function too.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            continue;
        };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let render = render.clone();
        tokio::spawn(async move {
            // A scraper that goes away or dawdles has only itself to blame.
            let _ = timeout(LONGEST_SCRAPE, answer(stream, render)).await;
            drop(place);
        });
    }
}

async fn answer<R>(stream: TcpStream, render: R) -> hyper::Result<()>
where
    R: Fn() -> prometheus::Result<Vec<u8>>,
{
    let service = service_fn(|request: Request<Incoming>| {
        let response = respond(request.uri().path(), &render);
        async move { Ok::<_, Infallible>(response) }
    });
    http1::Builder::new()
        .keep_alive(false)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn respond(path: &str, render: impl Fn() -> prometheus::Result<Vec<u8>>) -> Response<Full<Bytes>> {
    let (status, kind, body) = match path {
        "/metrics" => match render() {
            Ok(text) => (StatusCode::OK, CONTENT_TYPE, text),
            Err(error) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                error.to_string().into(),
            ),
        },
        _ => (
            StatusCode::NOT_FOUND,
            "text/plain",
            b"only /metrics is here\n".to_vec(),
        ),
    };
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
