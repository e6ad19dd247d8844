//! The connection to kube-apiserver.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

/// kube-apiserver sends a bookmark on every watch about once a minute, so a longer silence means
/// a dead connection.
const READ_TIMEOUT: Duration = Duration::from_secs(90);

/// A client for the cluster of `kubeconfig`, or of the pod's service account.
///
/// # Errors
/// Says which of the two was tried and what is missing.
pub async fn connect(kubeconfig: Option<&Path>) -> anyhow::Result<Client> {
    let mut config = match kubeconfig {
        Some(path) => {
            let context = || format!("--lister-kubeconfig {}", path.display());
            let file = Kubeconfig::read_from(path).with_context(context)?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                .await
                .with_context(context)?
        }
        None => Config::incluster()
            .context("no --lister-kubeconfig given, and the pod's service account is not there")?,
    };
    config.read_timeout = Some(READ_TIMEOUT);
    // Every caller has a deadline and a retry of its own.
    config.default_retry = false;
    Client::try_from(config).context("set up the client of kube-apiserver")
}
