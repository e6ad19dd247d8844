//! Which client certificate makes identity headers believable.
//!
//! kube-apiserver publishes this in ConfigMap `kube-system/extension-apiserver-authentication`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};

/// The `requestheader-*` part of the ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHeader {
    /// PEM bundle of the authorities of front proxies.
    pub client_ca: String,
    /// Common names a front proxy may have. Empty: any name under a verified certificate.
    pub allowed_names: Vec<String>,
    /// Headers holding the user's name; the first non-empty one counts.
    pub username_headers: Vec<String>,
    /// Headers holding the user's groups; all values of all of them count.
    pub group_headers: Vec<String>,
    /// Headers holding the user's UID. Absent before Kubernetes 1.32.
    pub uid_headers: Vec<String>,
    /// Prefixes of headers holding extra attributes.
    pub extra_prefixes: Vec<String>,
}

/// Why a ConfigMap gives no trust. Shown to operators, so each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error(
        "key `requestheader-client-ca-file` is missing: kube-apiserver runs without --requestheader-client-ca-file, so the aggregation layer is off"
    )]
    NoAuthority,
    #[error("key `{key}` is not a JSON list of strings")]
    NotAList {
        key: &'static str,
        source: serde_json::Error,
    },
    #[error("key `requestheader-client-ca-file` holds no readable certificate")]
    BadAuthority(#[source] rustls_pki_types::pem::Error),
    #[error("key `requestheader-client-ca-file` holds a certificate that cannot be an authority")]
    BadRoot(#[source] rustls::Error),
    #[error("build a verifier of client certificates")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

impl RequestHeader {
    /// Reads the data of the ConfigMap.
    ///
    /// # Errors
    /// [`TrustError`] names the key that is missing or malformed.
    pub fn from_config_map(data: &BTreeMap<String, String>) -> Result<Self, TrustError> {
        let list = |key: &'static str| match data.get(key) {
            None => Ok(Vec::new()),
            Some(text) => {
                serde_json::from_str(text).map_err(|source| TrustError::NotAList { key, source })
            }
        };
        Ok(Self {
            client_ca: data
                .get("requestheader-client-ca-file")
                .ok_or(TrustError::NoAuthority)?
                .clone(),
            allowed_names: list("requestheader-allowed-names")?,
            username_headers: list("requestheader-username-headers")?,
            group_headers: list("requestheader-group-headers")?,
            uid_headers: list("requestheader-uid-headers")?,
            extra_prefixes: list("requestheader-extra-headers-prefix")?,
        })
    }
}

/// What client certificates are judged by at the moment; none until it was read.
pub type SharedTrust = Arc<ArcSwapOption<ClientTrust>>;

/// A [`RequestHeader`] whose authority was understood.
#[derive(Debug)]
pub struct ClientTrust {
    pub request_header: RequestHeader,
    verifier: Arc<dyn ClientCertVerifier>,
}

/// Why a peer is not a front proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFrontProxy {
    #[error("no client certificate")]
    NoCertificate,
    #[error("client certificate not issued by the current front-proxy authority")]
    ForeignCertificate,
    #[error("client certificate's common name is not an allowed one")]
    NameNotAllowed,
}

impl ClientTrust {
    /// # Errors
    /// [`TrustError`] when the authority's PEM is unusable.
    pub fn new(request_header: RequestHeader) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        let bundle = request_header.client_ca.as_bytes();
        for certificate in CertificateDer::pem_slice_iter(bundle) {
            let certificate = certificate.map_err(TrustError::BadAuthority)?;
            roots.add(certificate).map_err(TrustError::BadRoot)?;
        }
        // Asked for, not demanded: probes come without, and other ways to prove an identity
        // exist. What may be done without one is decided per request.
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
            .allow_unauthenticated()
            .build()?;
        Ok(Self {
            request_header,
            verifier,
        })
    }

    pub fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.verifier)
    }

    /// Whether `peer` may name users in headers, judged by what is trusted at `now` and not by
    /// what was trusted when the connection was made.
    ///
    /// # Errors
    /// [`NotFrontProxy`] says which condition failed.
    pub fn is_front_proxy(&self, peer: &Peer, now: UnixTime) -> Result<(), NotFrontProxy> {
        let Some((leaf, intermediates)) = peer.chain.split_first() else {
            return Err(NotFrontProxy::NoCertificate);
        };
        self.verifier
            .verify_client_cert(leaf, intermediates, now)
            .map_err(|_| NotFrontProxy::ForeignCertificate)?;
        let allowed = &self.request_header.allowed_names;
        let named = peer
            .common_name()
            .is_some_and(|name| allowed.contains(&name));
        if allowed.is_empty() || named {
            Ok(())
        } else {
            Err(NotFrontProxy::NameNotAllowed)
        }
    }
}

/// The other end of a connection.
#[derive(Debug, Default)]
pub struct Peer {
    /// The client's certificate chain, leaf first; empty without one.
    pub chain: Vec<CertificateDer<'static>>,
}

impl Peer {
    /// Common name of the leaf's subject.
    pub fn common_name(&self) -> Option<String> {
        let (_, leaf) = x509_parser::parse_x509_certificate(self.chain.first()?).ok()?;
        let name = leaf.subject().iter_common_name().next()?.as_str().ok()?;
        Some(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_cluster_without_aggregation_is_named_as_such() {
        let error = RequestHeader::from_config_map(&data(&[])).unwrap_err();
        assert!(error.to_string().contains("aggregation layer is off"));
    }

    #[test]
    fn a_malformed_list_names_its_key() {
        let error = RequestHeader::from_config_map(&data(&[
            ("requestheader-client-ca-file", ""),
            ("requestheader-allowed-names", "front-proxy-client"),
        ]))
        .unwrap_err();
        assert!(error.to_string().contains("`requestheader-allowed-names`"));
    }

    #[test]
    fn junk_is_no_authority() {
        let request_header = RequestHeader::from_config_map(&data(&[(
            "requestheader-client-ca-file",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )]))
        .unwrap();
        assert!(matches!(
            ClientTrust::new(request_header),
            Err(TrustError::BadRoot(_))
        ));
    }
}
