//! The kinds of the cluster, read from kube-apiserver's discovery again and again.
//!
//! Whatever cannot be read now keeps what it had, down to the kinds that every cluster has. So a
//! broken aggregated API server costs the kinds it never listed, and nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use custom_metrics_core::resources::discovery::{self, ACCEPT, Group, Version};
use custom_metrics_core::resources::{Resource, ResourceMap};
use futures_util::{StreamExt as _, stream};
use http::Request;
use http::header::{self, HeaderValue};
use kube::Client;
use kube::client::Body;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::cluster::read::{Failure, read};
use crate::metrics::Metrics;

/// For one document.
const PATIENCE: Duration = Duration::from_secs(10);
/// For all of them together.
const LONGEST_ROUND: Duration = Duration::from_secs(30);
/// Enough to hide round trips where every version takes a request.
const CONCURRENT_READS: usize = 8;
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);
const SHORTEST_GAP: Duration = Duration::from_secs(15);

/// Reads the kinds of one cluster.
pub struct Kinds {
    /// Whoever asks for what does not exist must not make us read for ever.
    pub shortest_gap: Duration,
    client: Client,
    interval: Duration,
    metrics: Arc<Metrics>,
    core: Document,
    named: Document,
    /// Group and version → its kinds as last listed.
    listed: HashMap<(String, String), Vec<Resource>>,
    /// Path of a version → why its kinds cannot be read now.
    unreadable: BTreeMap<String, String>,
}

/// `/api` or `/apis` as last read.
#[derive(Debug)]
struct Document {
    path: &'static str,
    /// kube-apiserver's tag of it: an unchanged one is not sent again.
    tag: Option<HeaderValue>,
    groups: Vec<Group>,
}

impl Kinds {
    pub fn new(client: Client, interval: Duration, metrics: Arc<Metrics>) -> Self {
        let mut listed: HashMap<_, Vec<Resource>> = HashMap::new();
        for resource in &ResourceMap::builtin() {
            let version = (resource.group.clone(), resource.version.clone());
            listed.entry(version).or_default().push(resource.clone());
        }
        Self {
            shortest_gap: SHORTEST_GAP,
            client,
            interval,
            metrics,
            core: Document::new("/api"),
            named: Document::new("/apis"),
            listed,
            unreadable: BTreeMap::new(),
        }
    }

    /// Reads for ever: every interval, and soon after `wanted` says that a kind was not found.
    /// Hands what it knows to `publish` after every successful read.
    pub async fn run(mut self, wanted: Arc<Notify>, publish: impl Fn(ResourceMap)) -> ! {
        let mut retry: Option<Duration> = None;
        loop {
            let started = Instant::now();
            let pause = match self.read().await {
                Ok(known) => {
                    if retry.take().is_some() {
                        tracing::info!("read the kinds of the cluster again");
                    }
                    self.count(&known);
                    publish(known);
                    self.interval
                }
                Err(error) => {
                    if retry.is_none() {
                        tracing::warn!("read the kinds of the cluster: {error}");
                    }
                    self.metrics.kind_reads.with_label_values(&["error"]).inc();
                    let next = retry.map_or(FIRST_RETRY, |last| last * 2);
                    *retry.insert(next.min(LONGEST_RETRY))
                }
            };
            let asked_for = async {
                wanted.notified().await;
                tokio::time::sleep_until(started + self.shortest_gap).await;
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = asked_for => {}
            }
        }
    }

    fn count(&self, known: &ResourceMap) {
        self.metrics
            .kind_reads
            .with_label_values(&["success"])
            .inc();
        let count = known.iter().count();
        self.metrics
            .kinds
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Reads once.
    ///
    /// # Errors
    /// When `/api` or `/apis` cannot be read. Versions that cannot be are told in the log.
    pub async fn read(&mut self) -> Result<ResourceMap, Failure> {
        tokio::try_join!(
            self.core.refresh(&self.client),
            self.named.refresh(&self.client)
        )?;
        let until = Instant::now() + LONGEST_ROUND;
        let groups = self.core.groups.iter().chain(&self.named.groups);
        // Owned, or the compiler does not believe that the future may change threads.
        let versions: Vec<(String, Version)> = groups
            .flat_map(|group| {
                group
                    .versions
                    .iter()
                    .map(|version| (group.name.clone(), version.clone()))
            })
            .collect();
        let read: Vec<_> = stream::iter(versions)
            .map(|(group, version)| kinds(self.client.clone(), group, version, until))
            .buffered(CONCURRENT_READS)
            .collect()
            .await;
        Ok(self.learn(read))
    }

    fn learn(&mut self, read: Vec<Read>) -> ResourceMap {
        let mut known = Vec::new();
        let mut unreadable = BTreeMap::new();
        let versions: HashSet<_> = read.iter().map(|(version, _)| version.clone()).collect();
        self.listed.retain(|version, _| versions.contains(version));
        for (version, kinds) in read {
            match kinds {
                Ok(kinds) => {
                    known.extend(kinds.iter().cloned());
                    self.listed.insert(version, kinds);
                }
                Err(why) => {
                    known.extend(self.listed.get(&version).into_iter().flatten().cloned());
                    unreadable.insert(discovery::path(&version.0, &version.1), why);
                }
            }
        }
        self.report(unreadable);
        ResourceMap::new(known)
    }

    /// Logs changes, not repetitions.
    fn report(&mut self, unreadable: BTreeMap<String, String>) {
        for (path, why) in &unreadable {
            if !self.unreadable.contains_key(path) {
                tracing::warn!("read the kinds of {path}: {why}; what was known of them stays");
            }
        }
        for path in self.unreadable.keys() {
            if !unreadable.contains_key(path) {
                tracing::info!("read the kinds of {path} again, or they are gone");
            }
        }
        self.unreadable = unreadable;
    }
}

impl std::fmt::Debug for Kinds {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Kinds")
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

impl Document {
    fn new(path: &'static str) -> Self {
        Self {
            path,
            tag: None,
            groups: Vec::new(),
        }
    }

    async fn refresh(&mut self, client: &Client) -> Result<(), Failure> {
        let mut request = get(self.path)?;
        if let Some(tag) = &self.tag {
            request
                .headers_mut()
                .insert(header::IF_NONE_MATCH, tag.clone());
        }
        let answer = read(client, request, PATIENCE).await?;
        if answer.status().is_success() {
            self.groups =
                discovery::groups(answer.body()).map_err(|error| unreadable(self.path, &error))?;
            self.tag = answer.headers().get(header::ETAG).cloned();
        }
        Ok(())
    }
}

fn get(path: &str) -> Result<Request<Body>, Failure> {
    Request::get(path)
        .header(header::ACCEPT, ACCEPT)
        .body(Body::empty())
        .map_err(|error| Failure::Broken(error.into()))
}

fn unreadable(path: &str, error: &discovery::Unreadable) -> Failure {
    Failure::Broken(format!("{path}: {error}").into())
}

/// Group and version, and their kinds or why they cannot be had.
type Read = ((String, String), Result<Vec<Resource>, String>);

async fn kinds(client: Client, group: String, version: Version, until: Instant) -> Read {
    let Version { version, kinds } = version;
    let kinds = match kinds {
        discovery::Kinds::Listed(kinds) => Ok(kinds),
        discovery::Kinds::Stale => Err("kube-apiserver does not reach their API server".to_owned()),
        discovery::Kinds::Unlisted => {
            let left = until.saturating_duration_since(Instant::now());
            let listed = list(&client, &group, &version, left.min(PATIENCE)).await;
            listed.map_err(|error| error.to_string())
        }
    };
    ((group, version), kinds)
}

async fn list(
    client: &Client,
    group: &str,
    version: &str,
    deadline: Duration,
) -> Result<Vec<Resource>, Failure> {
    let path = discovery::path(group, version);
    let answer = read(client, get(&path)?, deadline).await?;
    discovery::resources(group, version, answer.body()).map_err(|error| unreadable(&path, &error))
}
