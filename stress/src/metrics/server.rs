//! A small HTTP server for scrapes: one answer per connection.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::CONTENT_TYPE;

/// Scrapes served at once.
const MOST_SCRAPES: usize = 8;
/// Longest time for one of them, from its connection to its end.
const LONGEST_SCRAPE: Duration = Duration::from_secs(10);
/// Longest head of a request.
const LONGEST_HEAD: usize = 16 * 1024;
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

async fn answer<R>(mut stream: TcpStream, render: R) -> io::Result<()>
where
    R: Fn() -> prometheus::Result<Vec<u8>>,
{
    let mut head = Vec::with_capacity(1024);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let (status, kind, body) = match request_line(&head) {
        (b"GET", b"/metrics") => match render() {
            Ok(text) => ("200 OK", CONTENT_TYPE, text),
            Err(error) => (
                "500 Internal Server Error",
                "text/plain",
                error.to_string().into(),
            ),
        },
        (b"GET", _) => (
            "404 Not Found",
            "text/plain",
            b"only /metrics is here\n".to_vec(),
        ),
        _ => (
            "405 Method Not Allowed",
            "text/plain",
            b"only GET is answered\n".to_vec(),
        ),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    stream.shutdown().await
}

/// Method and path, without the query.
fn request_line(head: &[u8]) -> (&[u8], &[u8]) {
    let line = head.split(|byte| *byte == b'\r').next();
    let mut words = line
        .unwrap_or_default()
        .split(|byte| matches!(byte, b' ' | b'?'));
    let mut word = || words.next().unwrap_or_default();
    (word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_its_method_and_its_path() {
        for (head, method, path) in [
            ("GET /metrics HTTP/1.1\r\n\r\n", "GET", "/metrics"),
            ("GET /metrics?a=b HTTP/1.1\r\n\r\n", "GET", "/metrics"),
            ("\r\n\r\n", "", ""),
            ("POST\r\n\r\n", "POST", ""),
        ] {
            assert_eq!(
                request_line(head.as_bytes()),
                (method.as_bytes(), path.as_bytes())
            );
        }
    }
}
