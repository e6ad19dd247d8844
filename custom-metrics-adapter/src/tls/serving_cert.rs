//! The serving certificate, swappable under a running listener.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::metrics::Metrics;
use crate::readiness::Gate;

/// The pair in use. Without one, handshakes fail and the gate stays closed.
#[derive(Debug)]
pub struct ServingCert {
    current: ArcSwapOption<CertifiedKey>,
    gate: Gate,
    metrics: Arc<Metrics>,
}

/// Why a pair was refused; the former one stays in use. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum CertError {
    #[error("read the certificate chain as PEM")]
    Chain(#[source] rustls_pki_types::pem::Error),
    #[error("the PEM holds no certificate")]
    Empty,
    #[error("read the private key as PEM")]
    Key(#[source] rustls_pki_types::pem::Error),
    #[error("read the leaf certificate")]
    Leaf(#[from] x509_parser::nom::Err<x509_parser::error::X509Error>),
    #[error("join certificate and key")]
    Pair(#[from] rustls::Error),
}

impl ServingCert {
    pub fn new(gate: Gate, metrics: Arc<Metrics>) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            gate,
            metrics,
        }
    }

    /// Serves new handshakes with this pair.
    ///
    /// # Errors
    /// [`CertError`] when the pair is unusable; the former pair stays in use.
    pub fn install(&self, chain_pem: &[u8], key_pem: &[u8]) -> Result<(), CertError> {
        let chain = CertificateDer::pem_slice_iter(chain_pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(CertError::Chain)?;
        let leaf = chain.first().ok_or(CertError::Empty)?;
        let not_after = not_after(leaf)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(CertError::Key)?;
        let pair = CertifiedKey::from_der(chain, key, &ring::default_provider())?;
        self.current.store(Some(Arc::new(pair)));
        self.metrics.certificate_not_after.set(not_after);
        self.gate.open();
        tracing::info!(
            not_after,
            "serve with a certificate valid until Unix time {not_after}"
        );
        Ok(())
    }

    pub fn is_installed(&self) -> bool {
        self.current.load().is_some()
    }
}

impl ResolvesServerCert for ServingCert {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.load_full()
    }
}

/// End of validity in Unix seconds.
fn not_after(
    leaf: &CertificateDer<'_>,
) -> Result<i64, x509_parser::nom::Err<x509_parser::error::X509Error>> {
    let (_, leaf) = x509_parser::parse_x509_certificate(leaf)?;
    Ok(leaf.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::Readiness;

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn cert() -> ServingCert {
        ServingCert::new(
            Readiness::default().gate("serving-certificate"),
            Arc::new(Metrics::new()),
        )
    }

    #[test]
    fn a_good_pair_opens_the_gate() {
        let cert = cert();
        let (chain, key) = pair();
        cert.install(chain.as_bytes(), key.as_bytes()).unwrap();
        assert!(cert.gate.is_open());
        assert!(cert.metrics.certificate_not_after.get() > 0);
    }

    #[test]
    fn junk_and_foreign_keys_are_refused_and_the_former_pair_stays() {
        let cert = cert();
        let ((chain, key), (_, foreign)) = (pair(), pair());
        cert.install(chain.as_bytes(), key.as_bytes()).unwrap();
        let before = cert.current.load_full().unwrap();
        for (chain, key) in [
            ("", key.as_str()),
            ("junk", key.as_str()),
            (chain.as_str(), "junk"),
            (chain.as_str(), foreign.as_str()),
        ] {
            cert.install(chain.as_bytes(), key.as_bytes()).unwrap_err();
        }
        assert!(Arc::ptr_eq(&before, &cert.current.load_full().unwrap()));
    }
}
