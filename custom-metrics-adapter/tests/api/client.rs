//! An HTTPS client whose connections are in the test's hands.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::pki::Pair;

/// Who connects, and whom it believes.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    /// Authority of the server, PEM.
    pub(crate) roots: String,
    pub(crate) certificate: Option<Pair>,
    pub(crate) headers: HeaderMap,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// An open HTTP/2 connection; the task ends when the connection does.
pub(crate) struct Connection {
    pub(crate) sender: Sender,
    pub(crate) task: JoinHandle<hyper::Result<()>>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Client {
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.try_send("GET", path).await.unwrap()
    }

    pub(crate) async fn send(&self, method: &str, path: &str) -> Answer {
        self.try_send(method, path).await.unwrap()
    }

    /// One request over a connection of its own, HTTP/1.1.
    pub(crate) async fn try_send(&self, method: &str, path: &str) -> anyhow::Result<Answer> {
        let stream = self.connect(b"http/1.1").await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let task = tokio::spawn(connection);
        let mut request = request(method, path, &self.headers);
        request
            .headers_mut()
            .insert(header::CONNECTION, "close".parse()?);
        let answer = read(sender.send_request(request).await?).await?;
        drop(sender);
        task.await??;
        Ok(answer)
    }

    pub(crate) async fn h2(&self) -> anyhow::Result<Connection> {
        let stream = self.connect(b"h2").await?;
        let executor = TokioExecutor::new();
        let (sender, connection) = http2::handshake(executor, TokioIo::new(stream)).await?;
        Ok(Connection {
            sender: Sender {
                sender,
                headers: self.headers.clone(),
            },
            task: tokio::spawn(connection),
        })
    }

    pub(crate) async fn connect(&self, protocol: &[u8]) -> anyhow::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.roots.as_bytes())?)?;
        let config = ClientConfig::builder().with_root_certificates(roots);
        let mut config = match &self.certificate {
            Some(pair) => config.with_client_auth_cert(pair.chain(), pair.private_key())?,
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost")?;
        Ok(TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await?)
    }
}

/// A user of an open connection; clones share it.
#[derive(Clone)]
pub(crate) struct Sender {
    sender: http2::SendRequest<Empty<Bytes>>,
    headers: HeaderMap,
}

impl Sender {
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let uri = format!("https://localhost{path}");
        let request = request("GET", &uri, &self.headers);
        read(self.sender.send_request(request).await?).await
    }
}

fn request(method: &str, uri: &str, headers: &HeaderMap) -> Request<Empty<Bytes>> {
    let mut request = Request::builder().method(method).uri(uri);
    let all = request.headers_mut().unwrap();
    *all = headers.clone();
    if uri.starts_with('/') {
        all.insert(header::HOST, "localhost".parse().unwrap());
    }
    request.body(Empty::new()).unwrap()
}

async fn read(response: http::Response<hyper::body::Incoming>) -> anyhow::Result<Answer> {
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await?.to_bytes().into())?;
    Ok(Answer {
        code: parts.status,
        headers: parts.headers,
        text,
    })
}
