//! One HTTPS request at a time, sent exactly as written: no path is normalised, nothing is retried.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{
    answer::Answer,
    case::{Identity, Request},
};

/// The rival gives up after 60 s.
const DEADLINE: Duration = Duration::from_secs(70);

/// Asks as kube-apiserver does: with the front proxy's certificate and the name of a user.
#[derive(Clone)]
pub struct Client {
    front_proxy: TlsConnector,
    nobody: TlsConnector,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// `pki` holds `front-proxy-client.crt` and `.key`; `authority` signed both adapters' certificate.
    pub fn new(pki: &Path, authority: CertificateDer<'static>) -> Result<Self> {
        let read = |name: &str| {
            let file = pki.join(name);
            std::fs::read(&file).with_context(|| format!("reading {}", file.display()))
        };
        let chain = CertificateDer::pem_slice_iter(&read("front-proxy-client.crt")?)
            .collect::<Result<Vec<_>, _>>()
            .context("front-proxy-client.crt is no PEM")?;
        let key = PrivateKeyDer::from_pem_slice(&read("front-proxy-client.key")?)
            .context("front-proxy-client.key is no PEM")?;
        let mut roots = RootCertStore::empty();
        roots.add(authority)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        Ok(Self {
            nobody: TlsConnector::from(Arc::new(builder.clone().with_no_client_auth())),
            front_proxy: TlsConnector::from(Arc::new(builder.with_client_auth_cert(chain, key)?)),
        })
    }

    pub async fn send(&self, address: SocketAddr, request: &Request) -> Result<Answer> {
        tokio::time::timeout(DEADLINE, self.exchange(address, request))
            .await
            .with_context(|| format!("no answer within {} s", DEADLINE.as_secs()))?
            .with_context(|| format!("asking {}", request.name))
    }

    async fn exchange(&self, address: SocketAddr, request: &Request) -> Result<Answer> {
        let tls = match request.identity {
            Identity::Nobody => &self.nobody,
            Identity::User { .. } => &self.front_proxy,
        };
        let stream = TcpStream::connect(address).await.context("connecting")?;
        let stream = tls
            .connect(ServerName::IpAddress(address.ip().into()), stream)
            .await
            .context("TLS")?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Errors reach us through `sender`; the connection ends when that is dropped.
        tokio::spawn(connection);
        let response = sender.send_request(message(address, request)?).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await?.to_bytes().to_vec(),
        })
    }
}

fn message(address: SocketAddr, request: &Request) -> Result<http::Request<Full<Bytes>>> {
    let mut message = http::Request::builder()
        .method(request.method.as_str())
        .uri(&request.path)
        .header("Host", address.to_string());
    if let Some(accept) = &request.accept {
        message = message.header("Accept", accept);
    }
    if let Identity::User { name, groups } = &request.identity {
        message = message.header("X-Remote-User", name);
        for group in groups {
            message = message.header("X-Remote-Group", group);
        }
    }
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    Ok(message.body(Full::new(Bytes::from(request.body.clone())))?)
}
