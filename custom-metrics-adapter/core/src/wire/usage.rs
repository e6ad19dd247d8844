//! `PodMetrics` and `NodeMetrics` of `metrics.k8s.io`, one or many, as objects or as a table.

use std::{collections::BTreeMap, fmt::Debug};

use jiff::Timestamp;
use prost::Message;
use serde::Serialize;

use super::{
    Document, List, Object, ObjectMeta, Text, Time, Window,
    partial::{MetadataList, PartialObjectMetadata},
    table::{Cells, Row, Table},
};
use crate::{
    api::GroupVersion,
    negotiate::Shape,
    quantity::{Binary, Quantity},
    usage::{ContainerUsage, NodeUsage, PodUsage},
};

#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct PodMetrics {
    #[prost(message, required, tag = "1")]
    metadata: ObjectMeta,
    #[prost(message, required, tag = "2")]
    timestamp: Time,
    #[prost(message, required, tag = "3")]
    window: Window,
    #[prost(message, repeated, tag = "4")]
    containers: Vec<ContainerMetrics>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct ContainerMetrics {
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(btree_map = "string, message", tag = "2")]
    usage: BTreeMap<String, Text>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct NodeMetrics {
    #[prost(message, required, tag = "1")]
    metadata: ObjectMeta,
    #[prost(message, required, tag = "2")]
    timestamp: Time,
    #[prost(message, required, tag = "3")]
    window: Window,
    #[prost(btree_map = "string, message", tag = "4")]
    usage: BTreeMap<String, Text>,
}

/// What both have in common.
pub(super) trait Usage: Message + Default + Debug + Clone + Serialize + 'static {
    const KIND: &'static str;
    const LIST_KIND: &'static str;

    fn metadata(&self) -> &ObjectMeta;
}

impl Usage for PodMetrics {
    const KIND: &'static str = "PodMetrics";
    const LIST_KIND: &'static str = "PodMetricsList";

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Usage for NodeMetrics {
    const KIND: &'static str = "NodeMetrics";
    const LIST_KIND: &'static str = "NodeMetricsList";

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

/// One pod. `now` becomes its `creationTimestamp`, as upstream.
pub fn pod_metrics(pod: &PodUsage, now: Timestamp, shape: Shape) -> Box<dyn Document> {
    one(pod_row(pod, now), shape)
}

/// Pods in the order given.
pub fn pod_metrics_list(pods: &[PodUsage], now: Timestamp, shape: Shape) -> Box<dyn Document> {
    many(pods.iter().map(|pod| pod_row(pod, now)), shape)
}

/// One node. `now` becomes its `creationTimestamp`, as upstream.
pub fn node_metrics(node: &NodeUsage, now: Timestamp, shape: Shape) -> Box<dyn Document> {
    one(node_row(node, now), shape)
}

/// Nodes in the order given.
pub fn node_metrics_list(nodes: &[NodeUsage], now: Timestamp, shape: Shape) -> Box<dyn Document> {
    many(nodes.iter().map(|node| node_row(node, now)), shape)
}

fn one<T: Usage>(row: Row<T>, shape: Shape) -> Box<dyn Document> {
    match shape {
        Shape::Table { version, rows } => Box::new(Table::new(version, rows, [row])),
        Shape::Metadata { version, .. } => {
            Box::new(PartialObjectMetadata::of(row.body.metadata(), version))
        }
        Shape::Plain | Shape::Aggregated(_) => Box::new(object(T::KIND, row.body)),
    }
}

fn many<T: Usage>(items: impl Iterator<Item = Row<T>>, shape: Shape) -> Box<dyn Document> {
    match shape {
        Shape::Table { version, rows } => Box::new(Table::new(version, rows, items)),
        Shape::Metadata { version, .. } => Box::new(MetadataList {
            version,
            items: items.map(|row| row.body.metadata().clone()).collect(),
        }),
        Shape::Plain | Shape::Aggregated(_) => {
            let items = items.map(|row| row.body).collect();
            Box::new(object(T::LIST_KIND, List::new(items)))
        }
    }
}

pub(super) fn object<T>(kind: &'static str, body: T) -> Object<T> {
    Object {
        kind,
        api_version: GroupVersion::ResourceV1Beta1.to_string(),
        body,
    }
}

fn pod_row(pod: &PodUsage, now: Timestamp) -> Row<PodMetrics> {
    Row {
        cells: Cells {
            name: pod.name.to_string(),
            cpu: sum(pod, |container| container.cpu),
            memory: sum(pod, |container| container.memory),
            window: pod.window.into(),
        },
        body: pod_body(pod, now),
    }
}

fn node_row(node: &NodeUsage, now: Timestamp) -> Row<NodeMetrics> {
    Row {
        cells: Cells {
            name: node.name.to_string(),
            cpu: node.cpu,
            memory: node.memory,
            window: node.window.into(),
        },
        body: node_body(node, now),
    }
}

fn pod_body(pod: &PodUsage, now: Timestamp) -> PodMetrics {
    let container = |container: &ContainerUsage| ContainerMetrics {
        name: container.name.clone(),
        usage: usage(container.cpu, container.memory),
    };
    PodMetrics {
        metadata: ObjectMeta {
            name: pod.name.to_string(),
            namespace: pod.namespace.to_string(),
            creation_timestamp: Some(now.into()),
            labels: pod.labels.clone(),
        },
        timestamp: pod.timestamp.into(),
        window: pod.window.into(),
        containers: pod.containers.iter().map(container).collect(),
    }
}

fn node_body(node: &NodeUsage, now: Timestamp) -> NodeMetrics {
    NodeMetrics {
        metadata: ObjectMeta {
            name: node.name.to_string(),
            namespace: String::new(),
            creation_timestamp: Some(now.into()),
            labels: node.labels.clone(),
        },
        timestamp: node.timestamp.into(),
        window: node.window.into(),
        usage: usage(node.cpu, node.memory),
    }
}

fn usage(cpu: Quantity, memory: Quantity) -> BTreeMap<String, Text> {
    BTreeMap::from([
        ("cpu".to_owned(), cpu.into()),
        ("memory".to_owned(), Binary(memory).into()),
    ])
}

fn sum(pod: &PodUsage, of: impl Fn(&ContainerUsage) -> Quantity) -> Quantity {
    let milli = pod.containers.iter().map(|container| of(container).milli());
    Quantity::from_milli(milli.fold(0, i64::saturating_add))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;

    use super::*;
    use crate::{
        ids::{Namespace, ObjectName},
        negotiate::{Format, MetaVersion, Rows},
        wire::{PROTOBUF_PREFIX, Unknown},
    };

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn container(name: &str, cpu: i64, memory: i64) -> ContainerUsage {
        ContainerUsage {
            name: name.to_owned(),
            cpu: Quantity::from_milli(cpu),
            memory: Quantity::from_milli(memory * 1000),
        }
    }

    fn pod() -> PodUsage {
        PodUsage {
            namespace: Namespace::new("default").unwrap(),
            name: ObjectName::new("pod-a").unwrap(),
            labels: BTreeMap::from([("app".to_owned(), "x".to_owned())]),
            timestamp: time("2023-11-14T22:13:20Z"),
            window: Duration::from_mins(5),
            containers: vec![container("c1", 250, 100 << 20), container("c2", 1, 0)],
        }
    }

    fn node() -> NodeUsage {
        NodeUsage {
            name: ObjectName::new("node1").unwrap(),
            labels: BTreeMap::new(),
            timestamp: time("2023-11-14T22:13:20Z"),
            window: Duration::ZERO,
            cpu: Quantity::from_milli(1500),
            memory: Quantity::from_milli((8 << 30) * 1000),
        }
    }

    fn now() -> Timestamp {
        time("2026-11-22T01:01:14Z")
    }

    fn json(document: &dyn Document) -> String {
        let json = Format::Json { pretty: false };
        String::from_utf8(document.encode(json).unwrap()).unwrap()
    }

    #[test]
    fn pods_carry_their_containers() {
        assert_snapshot!(json(&*pod_metrics_list(&[pod()], now(), Shape::Plain)), @r#"{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{"metadata":{"name":"pod-a","namespace":"default","creationTimestamp":"2026-11-22T01:01:14Z","labels":{"app":"x"}},"timestamp":"2023-11-14T22:13:20Z","window":"5m0s","containers":[{"name":"c1","usage":{"cpu":"250m","memory":"100Mi"}},{"name":"c2","usage":{"cpu":"1m","memory":"0"}}]}]}"#);
    }

    #[test]
    fn a_node_carries_its_use() {
        assert_snapshot!(json(&*node_metrics(&node(), now(), Shape::Plain)), @r#"{"kind":"NodeMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"name":"node1","creationTimestamp":"2026-11-22T01:01:14Z"},"timestamp":"2023-11-14T22:13:20Z","window":"0s","usage":{"cpu":"1500m","memory":"8Gi"}}"#);
    }

    #[test]
    fn the_row_of_a_pod_adds_its_containers_up() {
        let shape = Shape::Table {
            version: MetaVersion::V1,
            rows: Rows::Metadata,
        };
        assert_snapshot!(json(&*pod_metrics_list(&[pod()], now(), shape)), @r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[{"name":"Name","type":"string","format":"name","description":"Name of the resource","priority":0},{"name":"cpu","type":"string","format":"quantity","description":"","priority":0},{"name":"memory","type":"string","format":"quantity","description":"","priority":0},{"name":"Window","type":"string","format":"duration","description":"","priority":0}],"rows":[{"cells":["pod-a","251m","100Mi","5m0s"],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"pod-a","namespace":"default","creationTimestamp":"2026-11-22T01:01:14Z","labels":{"app":"x"}}}}]}"#);
    }

    #[test]
    fn rows_carry_what_was_asked_for() {
        let table = |rows| {
            let version = MetaVersion::V1Beta1;
            json(&*node_metrics(
                &node(),
                now(),
                Shape::Table { version, rows },
            ))
        };
        assert!(table(Rows::None).ends_with("\"0s\"],\"object\":null}]}\n"));
        let object =
            r#""object":{"kind":"NodeMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"#;
        assert!(table(Rows::Object).contains(object));
    }

    #[test]
    fn metadata_comes_alone_where_that_is_asked_for() {
        let shape = |list| Shape::Metadata {
            version: MetaVersion::V1,
            list,
        };
        assert_snapshot!(json(&*pod_metrics_list(&[pod()], now(), shape(true))), @r#"{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{},"items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"pod-a","namespace":"default","creationTimestamp":"2026-11-22T01:01:14Z","labels":{"app":"x"}}}]}"#);
        assert_snapshot!(json(&*node_metrics(&node(), now(), shape(false))), @r#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"node1","creationTimestamp":"2026-11-22T01:01:14Z"}}"#);
        let bytes = pod_metrics_list(&[pod()], now(), shape(true))
            .encode(Format::Protobuf)
            .unwrap();
        let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
        assert_eq!(unknown.type_meta.kind, "PartialObjectMetadataList");
        // Field 1 of both is the metadata, and nothing else is there.
        let list = List::<PodMetrics>::decode(unknown.raw.as_slice()).unwrap();
        assert_eq!(list.items[0].metadata.name, "pod-a");
    }

    #[test]
    fn an_empty_table_has_no_columns() {
        let shape = Shape::Table {
            version: MetaVersion::V1,
            rows: Rows::Metadata,
        };
        assert_snapshot!(json(&*node_metrics_list(&[], now(), shape)), @r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":null,"rows":null}"#);
    }

    #[test]
    fn protobuf_says_the_same_as_json() {
        let pods = [pod(), pod()];
        let bytes = pod_metrics_list(&pods, now(), Shape::Plain)
            .encode(Format::Protobuf)
            .unwrap();
        let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
        let list = List::<PodMetrics>::decode(unknown.raw.as_slice()).unwrap();
        let again = json(&object("PodMetricsList", list));
        assert_eq!(again, json(&*pod_metrics_list(&pods, now(), Shape::Plain)));
    }
}
