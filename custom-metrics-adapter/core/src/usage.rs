//! cpu and memory of pods and nodes, as `metrics.k8s.io` tells them.

mod assembly;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use crate::{
    ids::{Namespace, ObjectName},
    quantity::Quantity,
};

pub use assembly::{NoUsage, Samples, Used, node, pod};

/// A pod or node whose usage is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LabelledObject {
    /// None for a node.
    pub namespace: Option<Namespace>,
    pub name: ObjectName,
    pub labels: BTreeMap<String, String>,
}

/// What the containers of one pod use.
#[derive(Clone, Debug, PartialEq)]
pub struct PodUsage {
    pub namespace: Namespace,
    pub name: ObjectName,
    /// Those of the pod.
    pub labels: BTreeMap<String, String>,
    /// Of the earliest sample.
    pub timestamp: Timestamp,
    /// As configured, zero where it is not.
    pub window: Duration,
    /// Sorted by name.
    pub containers: Vec<ContainerUsage>,
}

/// What one container uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContainerUsage {
    pub name: String,
    /// Cores.
    pub cpu: Quantity,
    /// Bytes; see [`crate::quantity::Binary`].
    pub memory: Quantity,
}

/// What one node uses.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeUsage {
    pub name: ObjectName,
    /// Those of the node.
    pub labels: BTreeMap<String, String>,
    /// Of the earlier of both samples.
    pub timestamp: Timestamp,
    /// As configured, zero where it is not.
    pub window: Duration,
    /// Cores.
    pub cpu: Quantity,
    /// Bytes; see [`crate::quantity::Binary`].
    pub memory: Quantity,
}
