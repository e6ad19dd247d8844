//! What the cluster tells about autoscalers, read only, at a bounded pace.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use custom_metrics_core::hpa::spec::Reference;
use custom_metrics_core::hpa::{Hpa, HpaError};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::selector::Selector;
use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{Mutex, Notify, oneshot};
use tokio::time::Instant;

use super::PATIENCE;
use super::scaled::{Scaled, ScaledPod};
use crate::cluster::kinds::Kinds;
use crate::metrics::Metrics;

/// Discovery is many documents on old clusters.
const KINDS_PATIENCE: Duration = Duration::from_secs(40);
/// Objects of one page of a list.
const PAGE: u32 = 500;
/// Most pages of one list: what has more is not this tool's business.
const MOST_PAGES: usize = 200;

/// A connection that reads and never writes.
pub(crate) struct Cluster {
    client: Client,
    /// Smallest time between two requests.
    gap: Duration,
    next: Mutex<Instant>,
}

/// Why something was not read.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// kube-apiserver's or the adapter's own words.
    #[error("{message} (HTTP {code})")]
    Refused { code: u16, message: String },
    #[error("no answer within {}", humantime::format_duration(*.0))]
    Timeout(Duration),
    #[error("{0}")]
    Failed(String),
}

impl Cluster {
    /// The cluster of `kubeconfig`, or the one kubectl would speak to. At most `qps` requests a second.
    pub(crate) async fn connect(
        kubeconfig: Option<&Path>,
        qps: Option<f64>,
    ) -> anyhow::Result<Self> {
        let config = match kubeconfig {
            Some(path) => {
                let context = || format!("--kubeconfig {}", path.display());
                let file = Kubeconfig::read_from(path).with_context(context)?;
                let options = KubeConfigOptions::default();
                Config::from_custom_kubeconfig(file, &options).await.with_context(context)?
            }
            None => Config::infer().await.context("no --kubeconfig given, and neither kubectl's configuration nor a pod's service account is there")?,
        };
        let client = Client::try_from(config).context("set up the client of kube-apiserver")?;
        Ok(Self {
            client,
            gap: qps.map_or(Duration::ZERO, |qps| Duration::from_secs_f64(1.0 / qps)),
            next: Mutex::new(Instant::now()),
        })
    }

    /// The kinds of the cluster, its own ones included.
    pub(crate) async fn kinds(&self) -> anyhow::Result<ResourceMap> {
        let (known, kinds) = oneshot::channel();
        let known = std::sync::Mutex::new(Some(known));
        let publish = move |kinds| {
            let sender = known.lock().ok().and_then(|mut known| known.take());
            if let Some(sender) = sender {
                // Nobody waits any more.
                let _ = sender.send(kinds);
            }
        };
        let reader = Kinds::new(self.client.clone(), Duration::MAX, Arc::new(Metrics::new()));
        tokio::select! {
            _ = reader.run(Arc::new(Notify::new()), publish) => anyhow::bail!("reading them ended"),
            kinds = kinds => kinds.context("reading them ended"),
            () = tokio::time::sleep(KINDS_PATIENCE) => anyhow::bail!("not read within {KINDS_PATIENCE:?}"),
        }
    }

    /// Waits for its turn, then reads.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, ReadError> {
        self.turn().await;
        self.get_now(url).await
    }

    /// Waits until another request may be sent.
    pub(crate) async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().await;
            let at = (*next).max(Instant::now());
            *next = at + self.gap;
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// Reads at once: for those who took their turn already.
    pub(crate) async fn get_now<T: DeserializeOwned>(&self, url: &str) -> Result<T, ReadError> {
        let request = Request::get(url)
            .header(http::header::ACCEPT, "application/json")
            .body(vec![])
            .map_err(|error| ReadError::Failed(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Err(_) => Err(ReadError::Timeout(PATIENCE)),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(kube::Error::Api(status))) => Err(ReadError::Refused {
                code: status.code,
                message: status.message.clone(),
            }),
            Ok(Err(error)) => Err(ReadError::Failed(innermost(&error))),
        }
    }

    async fn list(&self, path: &str, query: &str) -> Result<Vec<Value>, ReadError> {
        let mut items = vec![];
        let mut continues = String::new();
        for _ in 0..MOST_PAGES {
            let url = format!("{path}?limit={PAGE}{query}{continues}");
            let mut page: Value = self.get(&url).await?;
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            match page.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(token) if !token.is_empty() => continues = format!("&continue={token}"),
                _ => return Ok(items),
            }
        }
        Err(ReadError::Failed(format!(
            "{path} holds more than {MOST_PAGES} pages"
        )))
    }

    /// Autoscalers of one namespace or of all that carry the labels.
    pub(crate) async fn autoscalers(
        &self,
        namespace: Option<&str>,
        selector: &Selector,
    ) -> Result<Vec<Result<Hpa, HpaError>>, ReadError> {
        let path = match namespace {
            Some(namespace) => {
                format!("/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers")
            }
            None => "/apis/autoscaling/v2/horizontalpodautoscalers".to_owned(),
        };
        let items = self.list(&path, &label_selector(selector)).await?;
        Ok(items
            .into_iter()
            .map(|item| Hpa::read(item, "default"))
            .collect())
    }

    /// The scale behind an autoscaler and its pods.
    pub(crate) async fn scaled(&self, hpa: &Hpa, kinds: &ResourceMap) -> Result<Scaled, ReadError> {
        let Reference { group, kind, name } = &hpa.target;
        let known = kinds
            .iter()
            .find(|known| known.kind == *kind && known.group == *group)
            .ok_or_else(|| {
                ReadError::Failed(format!("no matches for kind {kind:?} in group {group:?}"))
            })?;
        let version = if group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{group}/{}", known.version)
        };
        let (namespace, plural) = (&hpa.namespace, &known.plural);
        let scale: Value = self
            .get(&format!(
                "{version}/namespaces/{namespace}/{plural}/{name}/scale"
            ))
            .await?;
        let count = |pointer: &str| {
            let count = scale.pointer(pointer).and_then(Value::as_u64);
            u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX)
        };
        let selector = scale.pointer("/status/selector").and_then(Value::as_str);
        let selector = Selector::parse(selector.unwrap_or_default())
            .map_err(|error| ReadError::Failed(format!("selector of the scale: {error}")))?;
        if selector.is_empty() {
            return Err(ReadError::Failed(
                "the scale has no selector, so its autoscaler does nothing".to_owned(),
            ));
        }
        let pods = format!("/api/v1/namespaces/{namespace}/pods");
        let pods = self.list(&pods, &label_selector(&selector)).await?;
        Ok(Scaled {
            wanted: count("/spec/replicas"),
            existing: count("/status/replicas"),
            selector,
            pods: pods.iter().map(ScaledPod::read).collect(),
        })
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cluster")
            .field("gap", &self.gap)
            .finish_non_exhaustive()
    }
}

fn label_selector(selector: &Selector) -> String {
    if selector.is_empty() {
        return String::new();
    }
    let mut query = reqwest::Url::parse("http://x").ok();
    let query = query.as_mut().map(|url| {
        url.query_pairs_mut()
            .append_pair("labelSelector", &selector.to_string());
        url.query().unwrap_or_default().to_owned()
    });
    format!("&{}", query.unwrap_or_default())
}

/// The innermost cause says it; the layers above say that a request failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_escaped_in_queries() {
        let selector = Selector::parse("a in (b,c)").unwrap();
        assert_eq!(label_selector(&selector), "&labelSelector=a+in+%28b%2Cc%29");
        assert_eq!(label_selector(&Selector::default()), "");
    }
}
