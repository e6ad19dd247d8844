//! What is served right now, swapped as a whole: the kinds of the cluster, the registry, and the
//! discovery bytes made of it.

mod discovery;

pub use discovery::{Discovery, Topic};

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use custom_metrics_core::external;
use custom_metrics_core::registry::{Discovered, Registry};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::{Rule, RuleSet};
use custom_metrics_core::wire::Offer;
use tokio::sync::Notify;

/// Rules and the current snapshot. Readers never wait for writers.
#[derive(Debug)]
pub struct Store {
    pub rules: RuleSet,
    /// Told when somebody asks for a resource that is not among the known ones.
    pub unknown_resource: Arc<Notify>,
    /// `:PORT`, as `serverAddressByClientCIDRs` shows it.
    server_address: String,
    /// What the snapshot was made of.
    sources: Mutex<Sources>,
    snapshot: ArcSwap<Snapshot>,
}

/// What discovery found, rule by rule.
#[derive(Debug, Clone)]
pub struct Found {
    /// `custom[i]` belongs to `rules[i]`.
    pub custom: Vec<Arc<Discovered>>,
    /// `external[i]` belongs to `externalRules[i]`.
    pub external: Vec<Arc<Discovered>>,
}

impl Found {
    /// Nothing yet.
    fn nothing(rules: &RuleSet) -> Self {
        let unknown = Arc::new(Discovered::Err("not asked yet".to_owned()));
        let all = |rules: &[Rule]| vec![Arc::clone(&unknown); rules.len()];
        Self {
            custom: all(&rules.rules),
            external: all(&rules.external_rules),
        }
    }
}

#[derive(Debug)]
struct Sources {
    found: Found,
    resources: Arc<ResourceMap>,
}

/// One consistent state.
#[derive(Debug)]
pub struct Snapshot {
    pub resources: Arc<ResourceMap>,
    pub registry: Registry,
    pub external: external::Registry,
    pub discovery: Discovery,
}

impl Store {
    /// Starts from the rules alone: a metric is registered while its rule stands, so discovery
    /// is served before Prometheus was ever asked.
    ///
    /// # Errors
    /// When a document cannot be written as JSON.
    pub fn new(rules: RuleSet, resources: ResourceMap, port: u16) -> serde_json::Result<Self> {
        let server_address = format!(":{port}");
        let sources = Sources {
            found: Found::nothing(&rules),
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

    /// Serves what was found from here on.
    ///
    /// # Errors
    /// When a document cannot be written as JSON; the former snapshot stays.
    pub fn publish(&self, found: Found) -> serde_json::Result<()> {
        self.change(|sources| sources.found = found)
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
    fn build(rules: &RuleSet, sources: &Sources, server_address: &str) -> serde_json::Result<Self> {
        let (found, resources) = (&sources.found, Arc::clone(&sources.resources));
        let custom = found.custom.iter().map(AsRef::as_ref);
        let registry = Registry::build(&rules.rules, custom, &resources);
        let external = found.external.iter().map(AsRef::as_ref);
        let external = external::Registry::build(&rules.external_rules, external);
        let offer = offer(&registry, &external);
        let discovery = Discovery::build(rules.served(), &offer, server_address)?;
        Ok(Self {
            resources,
            registry,
            external,
            discovery,
        })
    }

    /// What there is to discover.
    pub fn offer(&self) -> Offer<'_> {
        offer(&self.registry, &self.external)
    }
}

fn offer<'a>(custom: &'a Registry, external: &'a external::Registry) -> Offer<'a> {
    Offer {
        custom,
        external: external.listing().collect(),
    }
}
