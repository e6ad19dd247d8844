//! TLS of the API listener: one certificate that can be swapped, one client trust that can be
//! swapped, and the `ServerConfig` made of both.

pub mod files;
pub mod serving_cert;

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, ResolvesServerCert};
use tokio::sync::watch;

use crate::trust::{ClientTrust, SharedTrust};

/// The listener's TLS. Connections hold a receiver of [`Tls::configs`] and end gracefully when a
/// new configuration is sent: they were verified under the former one.
#[derive(Debug)]
pub struct Tls {
    certificate: Arc<dyn ResolvesServerCert>,
    trust: SharedTrust,
    config: watch::Sender<Arc<ServerConfig>>,
}

impl Tls {
    pub fn new(certificate: Arc<dyn ResolvesServerCert>) -> Self {
        let config = server_config(Arc::clone(&certificate), Arc::new(NoClientAuth));
        Self {
            certificate,
            trust: SharedTrust::default(),
            config: watch::Sender::new(Arc::new(config)),
        }
    }

    pub fn configs(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.config.subscribe()
    }

    pub fn trust(&self) -> SharedTrust {
        Arc::clone(&self.trust)
    }

    /// Judges certificates by `trust` from here on. Changed header or allowed names apply to the
    /// next request; a changed authority also ends the connections made under the former one.
    pub fn set_trust(&self, trust: ClientTrust) {
        let verifier = trust.verifier();
        let authority = trust.request_header.client_ca.clone();
        let before = self.trust.swap(Some(Arc::new(trust)));
        if before.is_some_and(|before| before.request_header.client_ca == authority) {
            return;
        }
        let config = server_config(Arc::clone(&self.certificate), verifier);
        self.config.send_replace(Arc::new(config));
    }
}

/// TLS 1.2 and 1.3 with the AEAD suites, which are the only ones rustls has.
fn server_config(
    certificate: Arc<dyn ResolvesServerCert>,
    clients: Arc<dyn ClientCertVerifier>,
) -> ServerConfig {
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
