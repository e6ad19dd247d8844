//! What is served right now, swapped as a whole: the kinds of the cluster, the registry, and the
//! discovery bytes made of it.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;
use custom_metrics_core::api::GroupVersion;
use custom_metrics_core::registry::{Discovered, Registry};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::Rule;
use custom_metrics_core::wire;
use serde::Serialize;
use tokio::sync::Notify;

/// Rules and the current snapshot. Readers never wait for writers.
#[derive(Debug)]
pub struct Store {
    pub rules: Vec<Rule>,
    /// Told when somebody asks for a resource that is not among the known ones.
    pub unknown_resource: Arc<Notify>,
    /// `:PORT`, as `serverAddressByClientCIDRs` shows it.
    server_address: String,
    /// What the snapshot was made of.
    sources: Mutex<Sources>,
    snapshot: ArcSwap<Snapshot>,
}

#[derive(Debug)]
struct Sources {
    discovered: Vec<Discovered>,
    resources: Arc<ResourceMap>,
}

/// One consistent state.
#[derive(Debug)]
pub struct Snapshot {
    pub resources: Arc<ResourceMap>,
    pub registry: Registry,
    pub discovery: Discovery,
}

/// Discovery documents, ready to send. Equal rules and series give equal bytes on every replica.
#[derive(Debug)]
pub struct Discovery {
    pub groups: Bytes,
    pub group: Bytes,
    pub v1beta1: Bytes,
    pub v1beta2: Bytes,
    /// `apidiscovery.k8s.io/v2`
    pub aggregated_v2: Bytes,
    /// `apidiscovery.k8s.io/v2beta1`
    pub aggregated_v2beta1: Bytes,
}

impl Store {
    /// Starts from the rules alone: a metric is registered while its rule stands, so discovery
    /// is served before Prometheus was ever asked.
    ///
    /// # Errors
    /// When a document cannot be written as JSON.
    pub fn new(rules: Vec<Rule>, resources: ResourceMap, port: u16) -> serde_json::Result<Self> {
        let server_address = format!(":{port}");
        let sources = Sources {
            discovered: vec![Discovered::Err("not asked yet".to_owned()); rules.len()],
            resources: Arc::new(resources),
        };
        let snapshot = Snapshot::build(&rules, &sources, &server_address)?;
        Ok(Self {
            rules,
            unknown_resource: Arc::default(),
            server_address,
            sources: Mutex::new(sources),
            snapshot: ArcSwap::from_pointee(snapshot),
        })
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Serves what `discovered` says from here on; `discovered[i]` belongs to `rules[i]`.
    ///
    /// # Errors
    /// When a document cannot be written as JSON; the former snapshot stays.
    pub fn publish(&self, discovered: &[Discovered]) -> serde_json::Result<()> {
        self.change(|sources| sources.discovered = discovered.to_vec())
    }

    /// Knows these kinds from here on.
    ///
    /// # Errors
    /// When a document cannot be written as JSON; the former snapshot stays.
    pub fn publish_resources(&self, resources: ResourceMap) -> serde_json::Result<()> {
        if *self.snapshot.load().resources == resources {
            return Ok(());
        }
        self.change(|sources| sources.resources = Arc::new(resources))
    }

    fn change(&self, change: impl FnOnce(&mut Sources)) -> serde_json::Result<()> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut sources);
        let snapshot = Snapshot::build(&self.rules, &sources, &self.server_address)?;
        // Still under the lock: two writers must not overtake each other.
        self.snapshot.store(Arc::new(snapshot));
        Ok(())
    }
}

impl Snapshot {
    fn build(rules: &[Rule], sources: &Sources, server_address: &str) -> serde_json::Result<Self> {
        let resources = Arc::clone(&sources.resources);
        let registry = Registry::build(rules, &sources.discovered, &resources);
        let discovery = Discovery::build(&registry, server_address)?;
        Ok(Self {
            resources,
            registry,
            discovery,
        })
    }
}

impl Discovery {
    fn build(registry: &Registry, server_address: &str) -> serde_json::Result<Self> {
        let aggregated = wire::aggregated_discovery(registry);
        let mut beta = serde_json::to_value(&aggregated)?;
        beta["apiVersion"] = "apidiscovery.k8s.io/v2beta1".into();
        Ok(Self {
            groups: json(&wire::group_list(server_address))?,
            group: json(&wire::group())?,
            v1beta1: json(&wire::resource_list(registry, GroupVersion::CustomV1Beta1))?,
            v1beta2: json(&wire::resource_list(registry, GroupVersion::CustomV1Beta2))?,
            aggregated_v2: json(&aggregated)?,
            aggregated_v2beta1: json(&beta)?,
        })
    }
}

/// Compact JSON and a newline, as API servers write it.
pub fn json(value: &impl Serialize) -> serde_json::Result<Bytes> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes.into())
}
