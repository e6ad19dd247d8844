//! The cluster's kinds, read from a fake kube-apiserver in every form of discovery.

use std::sync::Arc;
use std::time::Duration;

use custom_metrics_adapter::cluster::kinds::Kinds;
use custom_metrics_adapter::metrics::Metrics;
use custom_metrics_core::ids::GroupResource;
use custom_metrics_core::resources::ResourceMap;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::cluster::Cluster;
use crate::harness::{V1, World, eventually, within};
use crate::replies::Reply;

const NEVER: Duration = Duration::from_hours(1);

/// Kinds being read, and what was published of them.
struct Reading {
    wanted: Arc<Notify>,
    published: mpsc::UnboundedReceiver<ResourceMap>,
    metrics: Arc<Metrics>,
    task: JoinHandle<()>,
}

impl Reading {
    fn start(cluster: &Cluster, interval: Duration) -> Self {
        let metrics = Arc::new(Metrics::new());
        let mut kinds = Kinds::new(cluster.client(), interval, Arc::clone(&metrics));
        kinds.shortest_gap = Duration::from_millis(1);
        let wanted = Arc::new(Notify::new());
        let (publish, published) = mpsc::unbounded_channel();
        let notify = Arc::clone(&wanted);
        let task = tokio::spawn(async move {
            kinds
                .run(notify, move |known| publish.send(known).unwrap())
                .await;
        });
        Self {
            wanted,
            published,
            metrics,
            task,
        }
    }

    async fn next(&mut self) -> ResourceMap {
        within("kinds are published", self.published.recv())
            .await
            .unwrap()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn found(known: &ResourceMap, typed: &str) -> Option<String> {
    let resource = known.resolve(&GroupResource::parse(typed))?;
    Some(format!(
        "{} {}",
        resource.group_resource(),
        resource.version
    ))
}

/// A group of the aggregated form with one namespaced kind in each version.
fn aggregated(group: &str, versions: &[&str], plural: &str, kind: &str) -> Value {
    let version = |version: &&str| {
        json!({"version": version, "freshness": "Current", "resources": [{
            "resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced",
            "singularResource": kind.to_lowercase(),
        }]})
    };
    let versions: Vec<_> = versions.iter().map(version).collect();
    json!({"metadata": {"name": group}, "versions": versions})
}

fn document(api_version: &str, groups: &[Value]) -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": groups})
}

fn core(api_version: &str) -> Value {
    document(api_version, &[aggregated("", &["v1"], "pods", "Pod")])
}

/// A cluster of the newest kind with a group of its own.
async fn cluster(groups: &[Value]) -> Cluster {
    let cluster = Cluster::start().await;
    let v2 = "apidiscovery.k8s.io/v2";
    cluster
        .replies
        .set("/api", Reply::Tagged("\"core\"", core(v2)));
    cluster
        .replies
        .set("/apis", Reply::Tagged("\"named\"", document(v2, groups)));
    cluster
}

#[tokio::test]
async fn two_requests_tell_every_kind_and_an_unchanged_answer_is_not_sent_again() {
    let widgets = aggregated("x.example", &["v2", "v1"], "widgets", "Widget");
    let cluster = cluster(&[widgets]).await;
    let mut reading = Reading::start(&cluster, NEVER);
    let first = reading.next().await;
    assert_eq!(found(&first, "widget.x").unwrap(), "widgets.x.example v2");
    assert_eq!(found(&first, "pod").unwrap(), "pods v1");
    assert_eq!(found(&first, "deployment"), None);
    reading.wanted.notify_one();
    assert_eq!(reading.next().await, first);
    let asked = cluster.replies.asked();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for request in &asked[..2] {
        let accept = request.headers["accept"].to_str().unwrap();
        let forms = ["v=v2;", "v=v2beta1;", ",application/json"];
        let places = forms.map(|form| accept.rfind(form).unwrap());
        assert!(places.is_sorted(), "{accept}");
        assert!(!request.headers.contains_key("if-none-match"));
    }
    for request in &asked[2..] {
        let tag = if request.path == "/api" {
            "\"core\""
        } else {
            "\"named\""
        };
        assert_eq!(request.headers["if-none-match"], tag);
    }
}

#[tokio::test]
async fn the_older_aggregated_form_is_read_too() {
    let cluster = Cluster::start().await;
    let beta = "apidiscovery.k8s.io/v2beta1";
    let widgets = aggregated("x.example", &["v1"], "widgets", "Widget");
    cluster.replies.set("/api", Reply::Json(core(beta)));
    cluster
        .replies
        .set("/apis", Reply::Json(document(beta, &[widgets])));
    let known = Reading::start(&cluster, NEVER).next().await;
    assert_eq!(found(&known, "Widgets").unwrap(), "widgets.x.example v1");
}

fn legacy(names: &[&str]) -> Value {
    let group = |name: &&str| {
        let versions = json!([{"version": "v1beta1"}, {"version": "v1"}]);
        json!({"name": name, "versions": versions, "preferredVersion": {"version": "v1"}})
    };
    let groups: Vec<_> = names.iter().map(group).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn resources(plural: &str, kind: &str) -> Reply {
    let kinds = json!([{"name": plural, "singularName": "", "namespaced": true, "kind": kind}]);
    Reply::Json(json!({"kind": "APIResourceList", "resources": kinds}))
}

#[tokio::test]
async fn an_api_server_without_aggregated_discovery_is_asked_version_by_version() {
    let cluster = Cluster::start().await;
    let replies = &cluster.replies;
    replies.set(
        "/api",
        Reply::Json(json!({"kind": "APIVersions", "versions": ["v1"]})),
    );
    replies.set(
        "/apis",
        Reply::Json(legacy(&[
            "x.example",
            "custom.metrics.k8s.io",
            "metrics.k8s.io",
        ])),
    );
    replies.set("/api/v1", resources("pods", "Pod"));
    replies.set("/apis/x.example/v1", resources("widgets", "Widget"));
    replies.set("/apis/x.example/v1beta1", resources("gadgets", "Gadget"));
    for version in ["v1", "v1beta1"] {
        replies.set(
            &format!("/apis/custom.metrics.k8s.io/{version}"),
            Reply::Silence,
        );
        replies.set(&format!("/apis/metrics.k8s.io/{version}"), Reply::Silence);
    }
    let known = Reading::start(&cluster, NEVER).next().await;
    for (typed, expected) in [
        ("pod", "pods v1"),
        ("widget", "widgets.x.example v1"),
        ("gadget", "gadgets.x.example v1beta1"),
    ] {
        assert_eq!(found(&known, typed).as_deref(), Some(expected));
    }
    let asked = replies.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert!(
        !paths.iter().any(|path| path.contains("metrics")),
        "{paths:?}"
    );
    assert_eq!(asked.len(), 5, "{paths:?}");
}

#[tokio::test]
async fn what_cannot_be_read_keeps_what_was_known_of_it() {
    let cluster = Cluster::start().await;
    let replies = &cluster.replies;
    replies.set(
        "/api",
        Reply::Json(json!({"kind": "APIVersions", "versions": ["v1"]})),
    );
    replies.set(
        "/apis",
        Reply::Json(legacy(&["x.example", "broken.example"])),
    );
    replies.set("/apis/x.example/v1", resources("widgets", "Widget"));
    for version in [
        "/api/v1",
        "/apis/broken.example/v1",
        "/apis/broken.example/v1beta1",
        "/apis/x.example/v1beta1",
    ] {
        replies.set(version, Reply::Refuse(503, "service unavailable"));
    }
    let mut reading = Reading::start(&cluster, NEVER);
    let known = reading.next().await;
    // Never read, but every cluster has it.
    assert_eq!(found(&known, "pod").unwrap(), "pods v1");
    assert_eq!(found(&known, "widget").unwrap(), "widgets.x.example v1");

    replies.set(
        "/apis/x.example/v1",
        Reply::Refuse(503, "service unavailable"),
    );
    replies.set("/apis/broken.example/v1", resources("fixed", "Fixed"));
    reading.wanted.notify_one();
    let known = reading.next().await;
    assert_eq!(found(&known, "widget").unwrap(), "widgets.x.example v1");
    assert_eq!(found(&known, "fixed").unwrap(), "fixed.broken.example v1");
}

#[tokio::test]
async fn a_stale_aggregated_api_costs_its_own_kinds_and_no_others() {
    let widgets = aggregated("x.example", &["v1"], "widgets", "Widget");
    let stale = json!({"metadata": {"name": "broken.example"}, "versions": [{"version": "v1", "freshness": "Stale"}]});
    let cluster = cluster(&[stale, widgets]).await;
    let known = Reading::start(&cluster, NEVER).next().await;
    assert_eq!(found(&known, "widget").unwrap(), "widgets.x.example v1");
}

#[tokio::test]
async fn a_failed_reading_is_tried_again_and_publishes_nothing() {
    let cluster = Cluster::start().await;
    let mut reading = Reading::start(&cluster, NEVER);
    eventually("a reading fails", || async {
        let text = reading.metrics.exposition().unwrap();
        text.contains(r#"kind_reads_total{outcome="error"}"#)
            .then_some(())
    })
    .await;
    assert!(reading.published.try_recv().is_err());
    cluster
        .replies
        .set("/api", Reply::Json(core("apidiscovery.k8s.io/v2")));
    cluster.replies.set(
        "/apis",
        Reply::Json(document("apidiscovery.k8s.io/v2", &[])),
    );
    assert_eq!(found(&reading.next().await, "pods").unwrap(), "pods v1");
}

#[tokio::test]
async fn a_kind_installed_later_is_served_without_a_restart() {
    let world = World::new().await;
    world.write(
        "rules.yaml",
        r#"
rules:
- seriesQuery: 'widget_load{namespace!="",widget!=""}'
  resources:
    overrides:
      namespace: {resource: namespace}
      widget: {group: x.example, resource: widget}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"#,
    );
    world.knows_series().await;
    let v2 = "apidiscovery.k8s.io/v2";
    let names = aggregated("", &["v1"], "namespaces", "Namespace");
    world
        .cluster
        .replies
        .set("/api", Reply::Json(document(v2, &[names])));
    world
        .cluster
        .replies
        .set("/apis", Reply::Json(document(v2, &[])));
    let adapter = world.start(&["--discovery-interval=10ms"]).await;
    adapter.ready().await;
    let unresolved = r#"unresolved_overrides{override="rules[0].resources.overrides.widget"} 1"#;
    eventually("the override is reported", || async {
        adapter
            .admin("/metrics")
            .await
            .1
            .contains(unresolved)
            .then_some(())
    })
    .await;
    let listed = || async { adapter.aggregator().get(V1).await.text };
    let before = listed().await;
    assert!(before.contains("namespaces/widget_load"), "{before}");
    assert!(!before.contains("widgets"), "{before}");

    let widgets = aggregated("x.example", &["v1"], "widgets", "Widget");
    adapter
        .world
        .cluster
        .replies
        .set("/apis", Reply::Json(document(v2, &[widgets])));
    eventually("the metric is listed", || async {
        listed()
            .await
            .contains("widgets.x.example/widget_load")
            .then_some(())
    })
    .await;
    eventually("the override is no longer reported", || async {
        (!adapter.admin("/metrics").await.1.contains(unresolved)).then_some(())
    })
    .await;
}
