//! The serving certificate of both adapters, made for one run.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use rustls_pki_types::CertificateDer;

pub const CERTIFICATE: &str = "tls.crt";
pub const KEY: &str = "tls.key";

/// Writes certificate and key to `dir`, and returns the certificate, which signed itself.
pub fn make(dir: &Path) -> Result<CertificateDer<'static>> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])
        .context("making a certificate")?;
    for (name, text) in [
        (CERTIFICATE, made.cert.pem()),
        (KEY, made.signing_key.serialize_pem()),
    ] {
        let file = dir.join(name);
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(made.cert.der().clone())
}
