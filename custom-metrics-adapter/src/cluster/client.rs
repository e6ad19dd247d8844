//! Connections to kube-apiserver.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

/// kube-apiserver sends a bookmark on every watch about once a minute, so a longer silence means
/// a dead connection.
const READ_TIMEOUT: Duration = Duration::from_secs(90);

/// A client for each purpose: their rights, and so their files, may differ.
#[derive(Clone)]
pub struct Clients {
    /// Kinds, lists and watches of objects, and what is ours.
    pub lister: Client,
    /// How identities prove themselves.
    pub authentication: Client,
    /// Access reviews.
    pub authorization: Client,
}

impl Clients {
    /// Without a file, a client is that of the pod's service account; outside of a pod, identities
    /// and access are looked up where objects are.
    ///
    /// # Errors
    /// Names the flag whose file is unusable, or says that there is no service account.
    pub async fn connect(
        lister: Option<&Path>,
        authentication: Option<&Path>,
        authorization: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let lister = match lister {
            Some(file) => from_file("--lister-kubeconfig", file).await?,
            None => from_pod().context(
                "no --lister-kubeconfig given, and the pod's service account is not there",
            )?,
        };
        let account = from_pod().unwrap_or_else(|_| lister.clone());
        Ok(Self {
            authentication: match authentication {
                Some(file) => from_file("--authentication-kubeconfig", file).await?,
                None => account.clone(),
            },
            authorization: match authorization {
                Some(file) => from_file("--authorization-kubeconfig", file).await?,
                None => account,
            },
            lister,
        })
    }
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Clients").finish_non_exhaustive()
    }
}

async fn from_file(flag: &str, path: &Path) -> anyhow::Result<Client> {
    let context = || format!("{flag} {}", path.display());
    let file = Kubeconfig::read_from(path).with_context(context)?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .with_context(context)?;
    client(config).with_context(context)
}

fn from_pod() -> anyhow::Result<Client> {
    client(Config::incluster()?)
}

fn client(mut config: Config) -> anyhow::Result<Client> {
    config.read_timeout = Some(READ_TIMEOUT);
    // Or the time a connection was idle would count against the next answer on it.
    config.reset_reader_on_write = true;
    // Every caller has a deadline and a retry of its own.
    config.default_retry = false;
    Client::try_from(config).context("set up the client of kube-apiserver")
}
