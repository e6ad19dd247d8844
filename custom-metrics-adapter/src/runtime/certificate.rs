//! The serving certificate, and what the listener offers with it.

use std::sync::Arc;

use super::{Adapter, Background};
use crate::args::{ClusterArgs, TlsArgs};
use crate::own_ca::folder::Folder;
use crate::tls::files::Files;
use crate::tls::offer::Offer;
use crate::tls::serving_cert::ServingCert;

impl Adapter {
    /// From files, kept in a Secret, or kept in a folder.
    pub(super) fn certificate(&self, background: &mut Background, certificate: Arc<ServingCert>) {
        let TlsArgs {
            tls,
            tls_cert_file,
            tls_private_key_file,
            cert_dir,
            ..
        } = &self.args.tls;
        if let (Some(chain), Some(key)) = (tls_cert_file, tls_private_key_file) {
            let files = Files {
                chain: chain.clone(),
                key: key.clone(),
                interval: self.intervals.files,
            };
            background.spawn(files.run(certificate));
        } else if tls.is_some() {
            background.spawn(self.own_ca().run(move |pair| {
                let (chain, key) = (pair.certificate.as_bytes(), pair.key.as_bytes());
                Ok(certificate.install(chain, key)?)
            }));
        } else {
            let folder = Folder {
                path: cert_dir.clone(),
                names: self.names(),
                interval: self.intervals.files,
            };
            background.spawn(folder.run(move |chain, key| Ok(certificate.install(chain, key)?)));
        }
    }

    /// Names of a certificate that is made here and registered nowhere.
    fn names(&self) -> Vec<String> {
        let ClusterArgs {
            service_name,
            namespace,
            ..
        } = &self.args.cluster;
        let mut names = vec![
            format!("{service_name}.{namespace}.svc"),
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
        ];
        let address = self.args.serving.bind_address;
        if !address.is_unspecified() && !address.is_loopback() {
            names.push(address.to_string());
        }
        names
    }

    /// Versions, suites and protocols of the listener.
    pub(super) fn offer(&self) -> Offer {
        let TlsArgs {
            tls_cipher_suites,
            tls_min_version,
            ..
        } = &self.args.tls;
        let http2 = !self.args.serving.disable_http2;
        let offer = Offer::new(*tls_min_version, tls_cipher_suites, http2);
        for warning in &offer.warnings {
            tracing::warn!("{warning}");
        }
        offer
    }
}
