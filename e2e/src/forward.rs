//! Speaks HTTPS with a pod's own port, past kube-apiserver's identity and headers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::answer::Answer;
use crate::cluster::Cluster;

const BOUND: Duration = Duration::from_secs(20);

/// A TLS port of a pod, and who it must prove to be.
#[derive(Debug)]
pub struct TlsPort<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub port: u16,
    /// The name its certificate must carry.
    pub server_name: &'a str,
    /// PEM of the only authority that is believed.
    pub authority: &'a [u8],
}

impl TlsPort<'_> {
    /// One GET over a connection of its own, with no client certificate.
    pub async fn get(&self, cluster: &Cluster, path: &str, headers: HeaderMap) -> Result<Answer> {
        timeout(BOUND, self.exchange(cluster, path, headers))
            .await
            .with_context(|| format!("{} gave no answer within {BOUND:?}", self.pod))?
            .with_context(|| format!("GET {path} from port {} of {}", self.port, self.pod))
    }

    async fn exchange(&self, cluster: &Cluster, path: &str, headers: HeaderMap) -> Result<Answer> {
        let pods: Api<Pod> = cluster.namespaced(self.namespace);
        let mut forwarder = pods.portforward(self.pod, &[self.port]).await?;
        let stream = forwarder
            .take_stream(self.port)
            .ok_or_else(|| anyhow!("the port-forward has no stream"))?;
        let connector = TlsConnector::from(Arc::new(self.tls()?));
        let name = ServerName::try_from(self.server_name)?.to_owned();
        let tls = connector
            .connect(name, stream)
            .await
            .context("TLS handshake")?;

        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(tls)).await?;
        let mut request = Request::get(path)
            .header(header::HOST, self.server_name)
            .body(Empty::<Bytes>::new())?;
        request.headers_mut().extend(headers);
        let exchange = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            anyhow::Ok(Answer {
                path: path.to_owned(),
                status,
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        };
        // The connection is driven for as long as the answer takes, and ends with it.
        tokio::select! {
            answer = exchange => answer,
            ended = connection => Err(anyhow!("the connection ended before the answer: {ended:?}")),
        }
    }

    fn tls(&self) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.authority) {
            roots.add(certificate?)?;
        }
        Ok(ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth())
    }
}
