//! TLS of the API listener: one certificate that can be swapped, one client trust that can be
//! swapped, and the `ServerConfig` made of both.

pub mod files;
pub mod offer;
pub mod serving_cert;

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, ResolvesServerCert};
use tokio::sync::watch;

use crate::tls::offer::Offer;
use crate::trust::{ClientTrust, SharedTrust};

/// The listener's TLS. Connections hold a receiver of [`Tls::configs`] and end gracefully when a
/// new configuration is sent: they were verified under the former one.
#[derive(Debug)]
pub struct Tls {
    certificate: Arc<dyn ResolvesServerCert>,
    offer: Offer,
    trust: SharedTrust,
    config: watch::Sender<Arc<ServerConfig>>,
}

impl Tls {
    /// # Errors
    /// When the offer cannot be made, which no value of a flag should cause.
    pub fn new(
        certificate: Arc<dyn ResolvesServerCert>,
        offer: Offer,
    ) -> Result<Self, rustls::Error> {
        let config = server_config(Arc::clone(&certificate), Arc::new(NoClientAuth), &offer)?;
        Ok(Self {
            certificate,
            offer,
            trust: SharedTrust::default(),
            config: watch::Sender::new(Arc::new(config)),
        })
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
        match server_config(Arc::clone(&self.certificate), verifier, &self.offer) {
            Ok(config) => {
                self.config.send_replace(Arc::new(config));
            }
            Err(error) => tracing::error!("keep the former TLS configuration: {error}"),
        }
    }
}

fn server_config(
    certificate: Arc<dyn ResolvesServerCert>,
    clients: Arc<dyn ClientCertVerifier>,
    offer: &Offer,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&offer.provider))
        .with_protocol_versions(&offer.versions)?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(certificate);
    config.alpn_protocols.clone_from(&offer.protocols);
    Ok(config)
}
