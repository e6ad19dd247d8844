//! The watches behind `metrics.k8s.io`: which pods run and which nodes there are.

use http::StatusCode;
use serde_json::json;

use crate::harness::{HPA_READ, RULES, TestAdapter, World, eventually};
use crate::replies::Reply;

const USAGE: &str = "/apis/metrics.k8s.io/v1beta1";
const RESOURCE_RULES: &str = r"
resourceRules:
  cpu: &usage
    containerQuery: 'sum(used{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
    nodeQuery: 'sum(node_used{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
    resources: {overrides: {namespace: {resource: namespace}, node: {resource: node}, pod: {resource: pod}}}
    containerLabel: container
  memory: *usage
  window: 1m
";

/// A world with running pods `pod-a` of app `x` and `pod-c` of app `y`, and a node.
async fn world() -> World {
    let world = World::new().await;
    world.write("rules.yaml", &format!("{RULES}{RESOURCE_RULES}"));
    world.cluster.use_resources(Some("default"), "pod-a", "x");
    world.cluster.use_resources(Some("shop"), "pod-c", "y");
    world.cluster.use_resources(None, "node-1", "z");
    let row = |pod: &str| {
        let labels = json!({"pod": pod, "container": "main", "node": "node-1"});
        json!({"metric": labels, "value": [1_795_309_136.5, "2"]})
    };
    let rows: Vec<_> = ["pod-a", "pod-b", "pod-c"].map(row).into();
    world
        .answers(json!({"resultType": "vector", "result": rows}))
        .await;
    world
}

/// `namespace/name app` of every item.
async fn listed(adapter: &TestAdapter, path: &str) -> Vec<String> {
    let list = adapter.aggregator().get(&format!("{USAGE}/{path}")).await;
    assert_eq!(list.code, StatusCode::OK, "{list:?}");
    let items = list.json()["items"].as_array().unwrap().clone();
    let text = |item: &serde_json::Value| {
        let metadata = &item["metadata"];
        let namespace = metadata["namespace"].as_str().unwrap_or_default();
        let (name, app) = (&metadata["name"], &metadata["labels"]["app"]);
        format!(
            "{namespace}/{} {}",
            name.as_str().unwrap(),
            app.as_str().unwrap()
        )
    };
    items.iter().map(text).collect()
}

#[tokio::test]
async fn running_pods_and_nodes_are_listed_with_their_labels_and_come_and_go() {
    let adapter = world().await.start(&[]).await;
    adapter.ready().await;
    assert_eq!(listed(&adapter, "nodes").await, ["/node-1 z"]);
    assert_eq!(
        listed(&adapter, "pods").await,
        ["default/pod-a x", "shop/pod-c y"]
    );
    assert_eq!(
        listed(&adapter, "pods?labelSelector=app%3Dy").await,
        ["shop/pod-c y"]
    );
    // It exists, but does not run yet.
    let pod = format!("{USAGE}/namespaces/default/pods/pod-b");
    assert_eq!(
        adapter.aggregator().get(&pod).await.code,
        StatusCode::NOT_FOUND
    );
    let cluster = &adapter.world.cluster;
    cluster.use_resources(Some("default"), "pod-b", "x");
    cluster.running_pods.delete("pod-a");
    eventually("pod-b runs and pod-a does not", || async {
        (listed(&adapter, "namespaces/default/pods").await == ["default/pod-b x"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_the_right_to_watch_nodes_everything_else_is_served() {
    let world = world().await;
    world
        .cluster
        .replies
        .set("/api/v1/nodes", Reply::Refuse(403, "nodes is forbidden"));
    let adapter = world.start(&[]).await;
    eventually("pods are listed", || async {
        let answer = adapter.hpa().try_send("GET", HPA_READ).await.ok()?;
        (answer.code == StatusCode::OK).then_some(())
    })
    .await;
    let nodes = adapter.aggregator().get(&format!("{USAGE}/nodes")).await;
    assert_eq!(nodes.code, StatusCode::SERVICE_UNAVAILABLE, "{nodes:?}");
    assert!(
        nodes
            .message()
            .contains("the watch of nodes cannot start: nodes is forbidden"),
        "{nodes:?}"
    );
    eventually("running pods are listed", || async {
        let pods = adapter.aggregator().get(&format!("{USAGE}/pods")).await;
        (pods.code == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_resource_rules_neither_is_watched() {
    let adapter = TestAdapter::start().await;
    let (_, gates) = adapter.admin("/readyz?verbose").await;
    assert!(
        !gates.contains("nodes") && !gates.contains("running-pods"),
        "{gates}"
    );
    let (_, metrics) = adapter.admin("/metrics").await;
    assert!(metrics.contains(r#"watched_objects{watch="pods"}"#));
    assert!(!metrics.contains(r#"watched_objects{watch="nodes"}"#));
}
