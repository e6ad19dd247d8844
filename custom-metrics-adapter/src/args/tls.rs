//! The serving certificate: from files, made and kept in a Secret, or made and kept in a folder.

use std::path::PathBuf;

use clap::ValueEnum;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// Make a certificate authority and a serving certificate, keep them in a Secret and write
    /// the authority to our APIServices
    #[arg(long, value_enum, conflicts_with_all = ["tls_cert_file", "tls_private_key_file"],
        env = "CM_ADAPTER_TLS", hide_env_values = true)]
    pub tls: Option<TlsSource>,

    /// Serving certificate chain, PEM; re-read every 10 s
    #[arg(long, value_name = "FILE", requires = "tls_private_key_file")]
    pub tls_cert_file: Option<PathBuf>,

    /// Key of the serving certificate, PEM; re-read every 10 s
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    pub tls_private_key_file: Option<PathBuf>,

    /// Without any of the three above: folder of apiserver.crt and apiserver.key, made where they
    /// are missing
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "apiserver.local.config/certificates"
    )]
    pub cert_dir: PathBuf,

    /// Cipher suites of TLS 1.2, by their Go names [default: all that are safe]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = cipher_suite)]
    pub tls_cipher_suites: Vec<&'static str>,

    /// Lowest version of TLS by its Go name; below 1.2 it is 1.2
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "VersionTLS12",
        hide_possible_values = true
    )]
    pub tls_min_version: TlsVersion,
}

/// Who makes the serving certificate when it does not come from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsSource {
    #[value(name = "self")]
    Own,
}

/// Versions of TLS by their Go names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum TlsVersion {
    #[value(name = "VersionTLS10")]
    V10,
    #[value(name = "VersionTLS11")]
    V11,
    #[value(name = "VersionTLS12")]
    V12,
    #[value(name = "VersionTLS13")]
    V13,
}

/// Every name that Go knows, those it calls insecure included.
const CIPHER_SUITES: [&str; 27] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_RC4_128_SHA",
];

fn cipher_suite(text: &str) -> Result<&'static str, String> {
    let known = CIPHER_SUITES.into_iter().find(|name| *name == text);
    known.ok_or_else(|| {
        "Go knows no cipher suite of this name; write for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
            .to_owned()
    })
}
