//! A serving certificate that comes from files.
//!
//! Contents are compared every few seconds. Watching the files would miss the way kubelet swaps
//! a Secret's directory, and polling two small files works on every kind of volume.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::MissedTickBehavior;

use crate::tls::serving_cert::ServingCert;

/// Paths of the pair and the certificate to keep current.
#[derive(Debug)]
pub struct Files {
    pub chain: PathBuf,
    pub key: PathBuf,
    /// Between two looks at the files.
    pub interval: Duration,
}

impl Files {
    /// Installs the pair and then every change of it.
    ///
    /// # Errors
    /// When the pair is unusable at the start. Later errors are logged once per content and
    /// leave the former pair in use.
    pub async fn run(self, certificate: Arc<ServingCert>) -> anyhow::Result<Infallible> {
        let mut seen = self.read().await?;
        self.install(&certificate, &seen)?;
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unreadable = false;
        loop {
            ticks.tick().await;
            let now = match self.read().await {
                Ok(now) => now,
                Err(error) => {
                    if !unreadable {
                        tracing::warn!("keep the serving certificate: {error:#}");
                    }
                    unreadable = true;
                    continue;
                }
            };
            unreadable = false;
            if now != seen {
                if let Err(error) = self.install(&certificate, &now) {
                    tracing::warn!("keep the serving certificate: {error:#}");
                }
                seen = now;
            }
        }
    }

    async fn read(&self) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        Ok((read(&self.chain).await?, read(&self.key).await?))
    }

    fn install(&self, to: &ServingCert, pair: &(Vec<u8>, Vec<u8>)) -> anyhow::Result<()> {
        to.install(&pair.0, &pair.1)
            .with_context(|| format!("use {} with {}", self.chain.display(), self.key.display()))
    }
}

async fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    tokio::fs::read(path)
        .await
        .with_context(|| format!("read {}", path.display()))
}
