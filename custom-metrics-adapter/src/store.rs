//! What is served right now, swapped as a whole: the kinds of the cluster, the registry, and the
//! discovery bytes made of it.

mod discovery;

pub use discovery::{Discovery, Topic};

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use custom_metrics_core::api::Served;
use custom_metrics_core::registry::{Discovered, Registry};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::Rule;
use custom_metrics_core::wire::Offer;
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
        let offer = Offer {
            custom: &registry,
            external: vec![],
        };
        let served = Served {
            custom: !rules.is_empty(),
            ..Served::default()
        };
        let discovery = Discovery::build(served, &offer, server_address)?;
        Ok(Self {
            resources,
            registry,
            discovery,
        })
    }

    /// What there is to discover.
    pub fn offer(&self) -> Offer<'_> {
        Offer {
            custom: &self.registry,
            external: vec![],
        }
    }
}
