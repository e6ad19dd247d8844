//! `--tls self`: a certificate authority of our own, shared by all replicas through a Secret and
//! made known to kube-apiserver through the `caBundle` of our APIServices.
//!
//! One loop keeps three things equal to the Secret: the certificate in use, its remaining life,
//! and the bundles. A manifest applied again, a replica that renewed, a Secret that was deleted:
//! all heal within one round.
//!
//! The authority's key is forgotten at once, so that nobody can ever sign with it. A renewal
//! therefore makes a new authority, and the bundle holds the old one too, because other replicas
//! serve with the old certificate until their next round.

pub mod authority;
mod bundle;
pub mod folder;
mod secret;

use std::convert::Infallible;
use std::time::Duration;

use kube::Client;

use crate::own_ca::authority::KeyPair;

/// Longest time for one request to kube-apiserver.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Between two rounds while nobody is registered with us: whoever installs us registers us last
/// and waits for the bundle.
const UNREGISTERED: Duration = Duration::from_secs(2);

/// Where the pair is kept and for whom it is.
#[derive(Clone)]
pub struct OwnCa {
    pub client: Client,
    /// Namespace of Secret and Service.
    pub namespace: String,
    /// Name of the Secret.
    pub secret: String,
    /// Name of the Service in front of us.
    pub service: String,
    /// Between two rounds.
    pub interval: Duration,
}

impl OwnCa {
    /// Runs for ever. `install` takes certificate chain and key, both PEM.
    ///
    /// # Errors
    /// When `install` refuses a pair that was just made, which no outside cause explains.
    pub async fn run(
        self,
        install: impl Fn(&KeyPair) -> anyhow::Result<()>,
    ) -> anyhow::Result<Infallible> {
        let mut serving: Option<KeyPair> = None;
        let mut retry = FIRST_RETRY;
        let mut failing = false;
        loop {
            match self.round(&mut serving, &install).await {
                Ok(registered) => {
                    if failing {
                        tracing::info!("keep our certificate authority again");
                    }
                    (failing, retry) = (false, FIRST_RETRY);
                    let pause = if registered {
                        self.interval
                    } else {
                        UNREGISTERED
                    };
                    tokio::time::sleep(pause.min(self.interval)).await;
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!("keep our certificate authority: {error:#}");
                    }
                    failing = true;
                    tokio::time::sleep(retry).await;
                    retry = (retry * 2).min(self.interval);
                }
            }
        }
    }

    /// Whether an APIService leads to us.
    async fn round(
        &self,
        serving: &mut Option<KeyPair>,
        install: &impl Fn(&KeyPair) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let pair = secret::read_or_create(self).await?;
        if serving.is_none() {
            // Nobody can be harmed yet, and probes need a certificate.
            install(&pair)?;
            *serving = Some(pair.clone());
        }
        // kube-apiserver must know the new authority before it meets the new certificate.
        let registered = bundle::write(self, &pair.authorities).await?;
        if serving.as_ref() != Some(&pair) {
            install(&pair)?;
            *serving = Some(pair);
        }
        Ok(registered)
    }

    /// Names under which kube-apiserver and people reach the Service.
    fn names(&self) -> Vec<String> {
        let (service, namespace) = (&self.service, &self.namespace);
        vec![
            format!("{service}.{namespace}.svc"),
            format!("{service}.{namespace}.svc.cluster.local"),
            format!("{service}.{namespace}"),
            service.clone(),
            "localhost".to_owned(),
        ]
    }
}

/// Bounds a request to kube-apiserver.
async fn bounded<T>(
    what: &str,
    request: impl Future<Output = kube::Result<T>>,
) -> anyhow::Result<kube::Result<T>> {
    tokio::time::timeout(REQUEST_TIMEOUT, request)
        .await
        .map_err(|_| anyhow::anyhow!("{what}: no answer within {} s", REQUEST_TIMEOUT.as_secs()))
}

/// Whether kube-apiserver answered with this code.
fn is_code<T>(result: &kube::Result<T>, code: u16) -> bool {
    matches!(result, Err(kube::Error::Api(status)) if status.code == code)
}

impl std::fmt::Debug for OwnCa {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("OwnCa")
            .field("namespace", &self.namespace)
            .field("secret", &self.secret)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
