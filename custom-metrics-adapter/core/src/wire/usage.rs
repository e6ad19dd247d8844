//! `PodMetrics` and `NodeMetrics` of `metrics.k8s.io`, one or many, as objects or as a table.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message;
use serde::Serialize;

use super::{
    Document, List, Object, ObjectMeta, Text, Time, Window,
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
    pub metadata: ObjectMeta,
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
    pub metadata: ObjectMeta,
    #[prost(message, required, tag = "2")]
    timestamp: Time,
    #[prost(message, required, tag = "3")]
    window: Window,
    #[prost(btree_map = "string, message", tag = "4")]
    usage: BTreeMap<String, Text>,
}

/// One pod. `now` becomes its `creationTimestamp`, as upstream.
pub fn pod_metrics(pod: &PodUsage, now: Timestamp, shape: Shape) -> Box<dyn Document> {
    match shape {
        Shape::Table { .. } => pod_metrics_list(std::slice::from_ref(pod), now, shape),
        _ => Box::new(object("PodMetrics", pod_body(pod, now))),
    }
}

/// Pods in the order given.
pub fn pod_metrics_list(pods: &[PodUsage], now: Timestamp, shape: Shape) -> Box<dyn Document> {
    let rows = pods.iter().map(|pod| Row {
        cells: Cells {
            name: pod.name.to_string(),
            cpu: sum(pod, |container| container.cpu),
            memory: sum(pod, |container| container.memory),
            window: pod.window.into(),
        },
        object: object("PodMetrics", pod_body(pod, now)),
    });
    let items = || pods.iter().map(|pod| pod_body(pod, now)).collect();
    match shape {
        Shape::Table { version, rows: include } => Box::new(Table::new(version, include, rows)),
        _ => Box::new(object("PodMetricsList", List::new(items()))),
    }
}

/// One node. `now` becomes its `creationTimestamp`, as upstream.
pub fn node_metrics(node: &NodeUsage, now: Timestamp, shape: Shape) -> Box<dyn Document> {
    match shape {
        Shape::Table { .. } => node_metrics_list(std::slice::from_ref(node), now, shape),
        _ => Box::new(object("NodeMetrics", node_body(node, now))),
    }
}

/// Nodes in the order given.
pub fn node_metrics_list(nodes: &[NodeUsage], now: Timestamp, shape: Shape) -> Box<dyn Document> {
    let rows = nodes.iter().map(|node| Row {
        cells: Cells {
            name: node.name.to_string(),
            cpu: node.cpu,
            memory: node.memory,
            window: node.window.into(),
        },
        object: object("NodeMetrics", node_body(node, now)),
    });
    let items = || nodes.iter().map(|node| node_body(node, now)).collect();
    match shape {
        Shape::Table { version, rows: include } => Box::new(Table::new(version, include, rows)),
        _ => Box::new(object("NodeMetricsList", List::new(items()))),
    }
}

fn object<T>(kind: &'static str, body: T) -> Object<T> {
    Object {
        kind,
        api_version: GroupVersion::ResourceV1Beta1.to_string(),
        body,
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
            json(&*node_metrics(&node(), now(), Shape::Table { version, rows }))
        };
        assert!(table(Rows::None).ends_with("\"0s\"],\"object\":null}]}\n"));
        let object = r#""object":{"kind":"NodeMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"#;
        assert!(table(Rows::Object).contains(object));
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
