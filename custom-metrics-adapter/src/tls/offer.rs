//! What the listener offers in a handshake: versions, cipher suites, protocols.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion, version};

use crate::args::TlsVersion;

/// Checked when it is made, so that every later configuration can be built from it.
#[derive(Debug, Clone)]
pub struct Offer {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    pub(super) protocols: Vec<Vec<u8>>,
    /// What of the command line has no effect, for people.
    pub warnings: Vec<String>,
}

impl Offer {
    /// `suites` are Go's names and restrict TLS 1.2 only, as in Go; none means all that are safe.
    ///
    /// Weak suites that only Go has (CBC, RC4, 3DES, without forward secrecy) and TLS below 1.2 are
    /// never offered.
    pub fn new(lowest: TlsVersion, suites: &[&str], http2: bool) -> Self {
        let mut warnings = vec![];
        if lowest < TlsVersion::V12 {
            warnings.push(
                "--tls-min-version: TLS 1.2 is the lowest there is here; older versions are broken"
                    .to_owned(),
            );
        }
        let mut provider = ring::default_provider();
        let missing = restrict(&mut provider.cipher_suites, suites);
        if !missing.is_empty() {
            warnings.push(format!(
                "--tls-cipher-suites: not offered, because they are weak: {}",
                missing.join(", ")
            ));
        }
        let mut versions = vec![&version::TLS13];
        let speaks_12 = provider.cipher_suites.iter().any(is_tls12);
        if lowest < TlsVersion::V13 && speaks_12 {
            versions.push(&version::TLS12);
        } else if lowest < TlsVersion::V13 {
            warnings.push(
                "--tls-cipher-suites: none of them is offered, so that only TLS 1.3 is left; name for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                    .to_owned(),
            );
        }
        let protocols: &[&[u8]] = if http2 {
            &[b"h2", b"http/1.1"]
        } else {
            &[b"http/1.1"]
        };
        Self {
            provider: Arc::new(provider),
            versions,
            protocols: protocols.iter().map(|name| name.to_vec()).collect(),
            warnings,
        }
    }
}

impl Default for Offer {
    /// TLS 1.2 and 1.3 with everything safe, HTTP/2 and HTTP/1.1.
    fn default() -> Self {
        Self::new(TlsVersion::V12, &[], true)
    }
}

/// Keeps TLS 1.3 and of TLS 1.2 what is named; returns the names that nothing here has.
fn restrict<'a>(known: &mut Vec<SupportedCipherSuite>, names: &[&'a str]) -> Vec<&'a str> {
    let offered: Vec<String> = known.iter().map(go_name).collect();
    let missing = names
        .iter()
        .copied()
        .filter(|name| !offered.iter().any(|known| is_named(known, name)))
        .collect();
    if !names.is_empty() {
        known.retain(|suite| {
            let known = go_name(suite);
            !is_tls12(suite) || names.iter().any(|name| is_named(&known, name))
        });
    }
    missing
}

fn is_tls12(suite: &SupportedCipherSuite) -> bool {
    suite.tls13().is_none()
}

fn go_name(suite: &SupportedCipherSuite) -> String {
    let name = suite.suite().as_str().unwrap_or_default();
    name.replacen("TLS13_", "TLS_", 1)
}

/// Two suites have an older name without their hash.
fn is_named(known: &str, name: &str) -> bool {
    known == name
        || known.strip_suffix("POLY1305_SHA256") == name.strip_suffix("POLY1305")
            && name.ends_with("POLY1305")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(offer: &Offer) -> Vec<String> {
        offer.provider.cipher_suites.iter().map(go_name).collect()
    }

    #[test]
    fn the_default_is_everything_without_a_warning() {
        let offer = Offer::default();
        assert_eq!(names(&offer).len(), 9);
        assert_eq!(offer.versions.len(), 2);
        assert_eq!(offer.protocols.len(), 2);
        assert!(offer.warnings.is_empty());
    }

    #[test]
    fn named_suites_restrict_tls_1_2_and_leave_1_3_as_it_is() {
        let suites = [
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
            "TLS_AES_128_GCM_SHA256",
        ];
        let offer = Offer::new(TlsVersion::V12, &suites, true);
        assert!(offer.warnings.is_empty(), "{:?}", offer.warnings);
        let names = names(&offer);
        assert_eq!(names.len(), 5, "{names:?}");
        assert!(names.iter().any(|name| name == "TLS_AES_256_GCM_SHA384"));
    }

    #[test]
    fn weak_suites_are_one_warning_and_old_versions_another() {
        let suites = [
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ];
        let offer = Offer::new(TlsVersion::V10, &suites, true);
        assert_eq!(offer.warnings.len(), 2);
        assert!(
            offer.warnings[1]
                .ends_with("weak: TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_RC4_128_SHA")
        );
        assert_eq!(offer.versions.len(), 2);
    }

    #[test]
    fn without_a_suite_of_tls_1_2_only_1_3_is_left() {
        let offer = Offer::new(TlsVersion::V12, &["TLS_RSA_WITH_AES_128_CBC_SHA"], false);
        assert_eq!(offer.versions.len(), 1);
        assert_eq!(offer.protocols, [b"http/1.1".to_vec()]);
        assert_eq!(offer.warnings.len(), 2);
        assert_eq!(Offer::new(TlsVersion::V13, &[], true).versions.len(), 1);
    }
}
