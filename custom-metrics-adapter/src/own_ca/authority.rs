//! Makes an authority and one serving certificate signed by it, ECDSA P-256.

use std::net::IpAddr;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair as Key, KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::extensions::GeneralName;

/// Certificates live a year; they are renewed when a third of it is left.
const LIFE_DAYS: i32 = 365;
/// Common name of every authority made here.
const ISSUER: &str = "custom-metrics-adapter";
/// Clocks of nodes differ.
const BACKDATED_DAYS: i32 = 1;

/// A serving certificate, its key and the authorities to believe.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// Serving certificate, PEM.
    pub certificate: String,
    /// Its key, PEM.
    pub key: String,
    /// Authorities, PEM: the one that signed, and during a renewal the one before.
    pub authorities: String,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is a secret.
        out.debug_struct("KeyPair").finish_non_exhaustive()
    }
}

/// A new authority and a certificate for `names` (of DNS, or addresses), valid from yesterday for a year.
///
/// # Errors
/// When a name is no DNS name.
pub fn make(names: &[String], now: Timestamp) -> anyhow::Result<KeyPair> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let authority_key = Key::generate()?;
    let mut authority = dated(CertificateParams::default(), today)?;
    authority.distinguished_name = common_name(ISSUER);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_certificate: Certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let key = Key::generate()?;
    let mut leaf = dated(CertificateParams::new(names.to_vec())?, today)?;
    leaf.distinguished_name = common_name(names.first().map_or("localhost", String::as_str));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(KeyPair {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        authorities: authority_certificate.pem(),
    })
}

/// Whether a certificate is good for `names` and more than a third of its life is left at `now`.
pub fn is_fresh(certificate_pem: &[u8], names: &[String], now: Timestamp) -> bool {
    check(certificate_pem, names, now).unwrap_or(false)
}

/// Whether a certificate was made by [`make`].
pub fn is_ours(certificate_pem: &[u8]) -> bool {
    let issuer = || -> anyhow::Result<bool> {
        let der = CertificateDer::from_pem_slice(certificate_pem)?;
        let (_, leaf) = x509_parser::parse_x509_certificate(&der)?;
        let mut names = leaf.issuer().iter_common_name();
        Ok(names.any(|name| name.as_str().is_ok_and(|name| name == ISSUER)))
    };
    issuer().unwrap_or(false)
}

fn check(certificate_pem: &[u8], names: &[String], now: Timestamp) -> anyhow::Result<bool> {
    let der = CertificateDer::from_pem_slice(certificate_pem)?;
    let (_, leaf) = x509_parser::parse_x509_certificate(&der)?;
    let (begins, ends) = (
        leaf.validity().not_before.timestamp(),
        leaf.validity().not_after.timestamp(),
    );
    let left = ends.saturating_sub(now.as_second());
    let covers = leaf.subject_alternative_name()?.is_some_and(|extension| {
        names.iter().all(|wanted| {
            let known = &extension.value.general_names;
            known.iter().any(|general| match general {
                GeneralName::DNSName(name) => name == wanted,
                GeneralName::IPAddress(bytes) => match wanted.parse() {
                    Ok(IpAddr::V4(address)) => *bytes == address.octets(),
                    Ok(IpAddr::V6(address)) => *bytes == address.octets(),
                    Err(_) => false,
                },
                _ => false,
            })
        })
    });
    Ok(covers && left > ends.saturating_sub(begins) / 3)
}

fn dated(mut params: CertificateParams, today: Date) -> anyhow::Result<CertificateParams> {
    let day = |offset: i32| -> anyhow::Result<_> {
        let date = today
            .checked_add(Span::new().days(offset))
            .context("the clock is beyond the calendar")?;
        Ok(date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        ))
    };
    params.not_before = day(-BACKDATED_DAYS)?;
    params.not_after = day(LIFE_DAYS)?;
    Ok(params)
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["svc.ns.svc", "localhost", "127.0.0.1", "::1"]
            .map(str::to_owned)
            .to_vec()
    }

    fn after_days(now: Timestamp, days: i64) -> Timestamp {
        Timestamp::from_second(now.as_second() + days * 86_400).unwrap()
    }

    #[test]
    fn a_pair_is_fresh_until_a_third_of_its_life_is_left() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let pair = make(&names(), now).unwrap();
        assert!(is_fresh(pair.certificate.as_bytes(), &names(), now));
        assert!(is_ours(pair.certificate.as_bytes()));
        assert!(is_fresh(
            pair.certificate.as_bytes(),
            &names(),
            after_days(now, 240)
        ));
        assert!(!is_fresh(
            pair.certificate.as_bytes(),
            &names(),
            after_days(now, 250)
        ));
    }

    #[test]
    fn another_name_or_junk_is_not_fresh() {
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let mut pair = make(&names(), now).unwrap();
        for other in ["other.ns.svc", "127.0.0.2"] {
            let names = [other.to_owned()];
            assert!(!is_fresh(pair.certificate.as_bytes(), &names, now));
        }
        pair.certificate = "junk".to_owned();
        assert!(!is_ours(pair.certificate.as_bytes()));
        assert!(!is_fresh(pair.certificate.as_bytes(), &names(), now));
    }

    #[test]
    fn the_key_is_never_printed() {
        let pair = make(&names(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(format!("{pair:?}"), "KeyPair { .. }");
    }
}
