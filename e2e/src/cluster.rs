//! The cluster under test, by `KUBECONFIG` and `E2E_TARGET`.

use std::env;
use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use http::Request;
use http_body_util::BodyExt as _;
use k8s_openapi::NamespaceResourceScope;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource};
use tokio::time::timeout;

use crate::answer::Answer;

/// More than kube-apiserver itself waits for an aggregated API or a proxied pod in these tests.
const CALL_BOUND: Duration = Duration::from_secs(30);

const HOW_TO_RUN: &str = "the tests need a cluster and say so with KUBECONFIG and E2E_TARGET, e.g. KUBECONFIG=$(lab/lab kubeconfig) E2E_TARGET=lab cargo test -p e2e --test stack -- --test-threads=1 --nocapture";

/// A client, and the words by which the scripts find the same cluster.
#[derive(Clone)]
pub struct Cluster {
    pub client: Client,
    /// What `--target` takes: lab, kind, ...
    pub target: String,
    /// What `--context` takes: the current context of `KUBECONFIG`.
    pub context: String,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({}, context {})", self.target, self.context)
    }
}

impl Cluster {
    /// # Errors
    /// One sentence that says how to run the tests, where the environment does not.
    pub async fn connect() -> Result<Self> {
        let (Some(_), Ok(target)) = (env::var_os("KUBECONFIG"), env::var("E2E_TARGET")) else {
            bail!(HOW_TO_RUN);
        };
        // A second installation, by another test of this process, is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kubeconfig = Kubeconfig::from_env()?.context(HOW_TO_RUN)?;
        let context = kubeconfig
            .current_context
            .clone()
            .context("the file of KUBECONFIG names no current context")?;
        let mut config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        // A 503 is an answer to look at, not one to ask again after.
        config.default_retry = false;
        let client = Client::try_from(config)?;
        client
            .apiserver_version()
            .await
            .with_context(|| format!("the cluster of context {context} does not answer"))?;
        Ok(Self {
            client,
            target,
            context,
        })
    }

    pub fn all<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType: Default>,
    {
        Api::all(self.client.clone())
    }

    pub fn namespaced<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<DynamicType: Default, Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// Asks kube-apiserver for a path, as `kubectl get --raw` does.
    ///
    /// # Errors
    /// Only where there is no answer at all; an answer that refuses is an [`Answer`].
    pub async fn get(&self, path: &str) -> Result<Answer> {
        let call = async {
            let request = Request::get(path).body(Body::empty())?;
            let response = self.client.send(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            anyhow::Ok(Answer {
                path: path.to_owned(),
                status,
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        };
        timeout(CALL_BOUND, call)
            .await
            .with_context(|| format!("GET {path}: no answer within {CALL_BOUND:?}"))?
            .with_context(|| format!("GET {path}"))
    }

    /// Asks one pod through kube-apiserver's proxy.
    pub async fn get_from_pod(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        path: &str,
    ) -> Result<Answer> {
        self.get(&format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{path}"
        ))
        .await
    }
}
