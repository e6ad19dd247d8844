//! Every object that carries the stack's label, of every kind the cluster knows.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DynamicObject, ListParams};
use kube::discovery::{Discovery, verbs};
use kube::{Api, ResourceExt as _};

use crate::cluster::Cluster;
use crate::names::PART_OF;

/// What tells an object that was left alone from one that was changed or made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub uid: String,
    /// Counts changes of the specification; kinds without one have none.
    pub generation: Option<i64>,
    /// Of a pod: how often its containers were started again.
    pub restarts: i32,
}

/// Kind, namespace and name → stamp.
pub type Inventory = BTreeMap<String, Stamp>;

/// Lists all objects with the label, cluster-scoped ones included.
pub async fn take(cluster: &Cluster) -> Result<Inventory> {
    // The groups of metrics hold readings, not objects.
    let discovery = Discovery::new(cluster.client.clone())
        .exclude(&[
            "custom.metrics.k8s.io",
            "external.metrics.k8s.io",
            "metrics.k8s.io",
        ])
        .run()
        .await
        .context("discover the kinds of the cluster")?;
    let labelled = ListParams::default().labels(PART_OF);
    let mut inventory = Inventory::new();
    for group in discovery.groups() {
        for (kind, capabilities) in group.recommended_resources() {
            // Events come and go by themselves.
            if !capabilities.supports_operation(verbs::LIST) || kind.kind == "Event" {
                continue;
            }
            let api: Api<DynamicObject> = Api::all_with(cluster.client.clone(), &kind);
            let objects = api
                .list(&labelled)
                .await
                .with_context(|| format!("list {}", kind.plural))?;
            for object in objects {
                let name = format!(
                    "{} {}/{}",
                    kind.kind,
                    object.namespace().unwrap_or_default(),
                    object.name_any()
                );
                inventory.insert(name, stamp(&object));
            }
        }
    }
    Ok(inventory)
}

fn stamp(object: &DynamicObject) -> Stamp {
    Stamp {
        uid: object.uid().unwrap_or_default(),
        generation: object.metadata.generation,
        restarts: object
            .clone()
            .try_parse::<Pod>()
            .ok()
            .map_or(0, |pod| restarts(&pod)),
    }
}

fn restarts(pod: &Pod) -> i32 {
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten());
    statuses.map(|container| container.restart_count).sum()
}
