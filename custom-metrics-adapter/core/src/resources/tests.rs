use rstest::rstest;
use serde_json::{Value, json};

use super::{
    Resource, ResourceMap,
    discovery::{Group, Kinds, Unreadable, Version, groups, path, resources},
};
use crate::ids::GroupResource;

fn resource(group: &str, version: &str, plural: &str, kind: &str) -> Resource {
    Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_owned(),
        kind: kind.to_owned(),
        namespaced: true,
    }
}

/// A cluster with kinds of its own, after those that every cluster has.
fn with(own: &[(&str, &str, &str, &str)]) -> ResourceMap {
    let own = own
        .iter()
        .map(|(group, version, plural, kind)| resource(group, version, plural, kind));
    ResourceMap::new(ResourceMap::builtin().iter().cloned().chain(own))
}

fn with_kafka() -> ResourceMap {
    with(&[("kafka.strimzi.io", "v1beta2", "kafkatopics", "KafkaTopic")])
}

fn found(map: &ResourceMap, typed: &str) -> Option<String> {
    map.resolve(&GroupResource::parse(typed))
        .map(|resource| format!("{} {}", resource.group_resource(), resource.version))
}

#[rstest]
#[case("pods", "pods")]
#[case("Pod", "pods")]
#[case("PODS", "pods")]
#[case("endpoints", "endpoints")]
#[case("events", "events")]
#[case("event.events.k8s.io", "events.events.k8s.io")]
#[case("deployment", "deployments.apps")]
#[case("deployment.apps", "deployments.apps")]
#[case("ingress", "ingresses.networking.k8s.io")]
#[case("ingress.networking", "ingresses.networking.k8s.io")]
#[case("storageclass.storage", "storageclasses.storage.k8s.io")]
#[case("job", "jobs.batch")]
#[case("kafkatopic.kafka", "kafkatopics.kafka.strimzi.io")]
fn plural_singular_and_the_beginning_of_a_group_resolve(#[case] typed: &str, #[case] found: &str) {
    let map = with_kafka();
    let resource = map.resolve(&GroupResource::parse(typed)).unwrap();
    assert_eq!(resource.group_resource().to_string(), found);
}

#[rstest]
#[case("po")]
#[case("pods.apps")]
#[case("kafkatopic.strimzi")]
#[case("deployments.Apps")]
#[case("")]
// prometheus-adapter's mapper makes up kinds of lists, so that a label named `list` is an object.
#[case("list")]
#[case("lists")]
#[case("podlist")]
#[case("podlists")]
fn what_does_not_exist_does_not_resolve(#[case] typed: &str) {
    assert_eq!(found(&with_kafka(), typed), None);
}

#[test]
fn core_comes_first_then_groups_in_order_and_within_a_group_the_preferred_version() {
    let map = ResourceMap::new([
        resource("", "v1", "services", "Service"),
        resource("serving.knative.dev", "v1", "services", "Service"),
        resource("b.example", "v2", "widgets", "Widget"),
        resource("b.example", "v1", "widgets", "Widget"),
        resource("b.example", "v1", "gadgets", "Gadget"),
        resource("a.example", "v1", "widgets", "Widget"),
        resource("a.example", "v1", "gadgets", "Gadget"),
    ]);
    for (typed, expected) in [
        ("service", "services v1"),
        ("service.serving", "services.serving.knative.dev v1"),
        ("widget", "widgets.b.example v2"),
        ("gadget", "gadgets.b.example v1"),
        ("gadget.a", "gadgets.a.example v1"),
    ] {
        assert_eq!(found(&map, typed).as_deref(), Some(expected), "{typed}");
    }
    let known: Vec<_> = map
        .iter()
        .map(|resource| resource.group_resource().to_string())
        .collect();
    assert_eq!(
        known,
        [
            "services",
            "services.serving.knative.dev",
            "widgets.b.example",
            "gadgets.b.example",
            "widgets.a.example",
            "gadgets.a.example",
        ]
    );
}

#[test]
fn an_exact_group_wins_over_the_beginning_of_one_before_it() {
    let map = with(&[
        ("kafka.example", "v1", "topics", "Topic"),
        ("kafka", "v1", "topics", "Topic"),
    ]);
    assert_eq!(found(&map, "topic.kafka").unwrap(), "topics.kafka v1");
    assert_eq!(
        found(&map, "topic.kafk").unwrap(),
        "topics.kafka.example v1"
    );
}

#[test]
fn only_three_core_kinds_are_described_at_the_root() {
    let map = with(&[("x.example", "v1", "nodes", "Node")]);
    let root: Vec<_> = map
        .iter()
        .filter(|kind| !kind.described_in_namespace())
        .map(|kind| kind.plural.as_str())
        .collect();
    assert_eq!(root, ["namespaces", "nodes", "persistentvolumes"]);
}

fn read(document: &Value) -> Result<Vec<Group>, Unreadable> {
    groups(document.to_string().as_bytes())
}

#[rstest]
#[case("apidiscovery.k8s.io/v2")]
#[case("apidiscovery.k8s.io/v2beta1")]
fn aggregated_discovery_lists_everything_at_once(#[case] api_version: &str) {
    let document = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": api_version,
        "metadata": {},
        "items": [
            {"metadata": {"creationTimestamp": null}, "versions": [{"version": "v1", "freshness": "Current", "resources": [
                {"resource": "nodes", "responseKind": {"group": "", "version": "", "kind": "Node"}, "scope": "Cluster",
                 "singularResource": "node", "verbs": ["get"],
                 "subresources": [{"subresource": "status", "responseKind": {"kind": "Node"}, "verbs": ["get"]}]},
                {"resource": "kindless", "scope": "Namespaced", "singularResource": "", "verbs": []},
            ]}]},
            {"metadata": {"name": "kafka.strimzi.io"}, "versions": [
                {"version": "v1beta2", "resources": [
                    {"resource": "kafkatopics", "responseKind": {"kind": "KafkaTopic"}, "scope": "Namespaced", "singularResource": ""},
                ]},
                {"version": "v1alpha1", "resources": null},
            ]},
        ],
    });
    let node = Resource {
        singular: "node".to_owned(),
        namespaced: false,
        ..resource("", "v1", "nodes", "Node")
    };
    let topic = Resource {
        singular: "kafkatopic".to_owned(),
        ..resource("kafka.strimzi.io", "v1beta2", "kafkatopics", "KafkaTopic")
    };
    let listed = |version: &str, kinds| Version {
        version: version.to_owned(),
        kinds: Kinds::Listed(kinds),
    };
    assert_eq!(
        read(&document).unwrap(),
        [
            Group {
                name: String::new(),
                versions: vec![listed("v1", vec![node])],
            },
            Group {
                name: "kafka.strimzi.io".to_owned(),
                versions: vec![listed("v1beta2", vec![topic]), listed("v1alpha1", vec![])],
            },
        ]
    );
}

#[test]
fn a_stale_version_is_one_only_when_it_lists_nothing() {
    let kinds =
        json!([{"resource": "widgets", "responseKind": {"kind": "Widget"}, "scope": "Cluster"}]);
    let version = |version: &str, resources: &Value| json!({"version": version, "freshness": "Stale", "resources": resources});
    let document = json!({
        "kind": "APIGroupDiscoveryList",
        "items": [{"metadata": {"name": "broken.example"}, "versions": [version("v2", &kinds), version("v1", &json!([]))]}],
    });
    let read = read(&document).unwrap();
    let [Kinds::Listed(listed), Kinds::Stale] =
        [&read[0].versions[0].kinds, &read[0].versions[1].kinds]
    else {
        panic!("{read:?}");
    };
    assert_eq!(listed[0].plural, "widgets");
}

#[test]
fn older_api_servers_name_versions_and_the_preferred_one_comes_first() {
    let core = read(&json!({"kind": "APIVersions", "versions": ["v1"]})).unwrap();
    let groups = read(&json!({"kind": "APIGroupList", "groups": [
        {"name": "batch",
         "versions": [{"version": "v1beta1"}, {"version": "v1alpha1"}, {"version": "v1"}],
         "preferredVersion": {"groupVersion": "batch/v1", "version": "v1"}},
        {"name": "empty", "versions": null},
    ]}))
    .unwrap();
    let paths: Vec<_> = core
        .iter()
        .chain(&groups)
        .flat_map(|group| {
            group.versions.iter().map(|version| {
                assert_eq!(version.kinds, Kinds::Unlisted);
                path(&group.name, &version.version)
            })
        })
        .collect();
    assert_eq!(
        paths,
        [
            "/api/v1",
            "/apis/batch/v1",
            "/apis/batch/v1beta1",
            "/apis/batch/v1alpha1"
        ]
    );
}

#[test]
fn a_list_of_one_version_leaves_subresources_out_and_guesses_singulars() {
    let document = json!({"kind": "APIResourceList", "groupVersion": "x.example/v1", "resources": [
        {"name": "proxies", "singularName": "proxy", "namespaced": true, "kind": "Proxy"},
        {"name": "proxies/status", "singularName": "", "namespaced": true, "kind": "Proxy"},
        {"name": "policies", "singularName": "", "namespaced": false, "kind": "NetPolicy"},
        {"name": "", "kind": "Nameless"},
    ]});
    let read = resources("x.example", "v1", document.to_string().as_bytes()).unwrap();
    let names: Vec<_> = read
        .iter()
        .map(|kind| {
            (
                kind.plural.as_str(),
                kind.singular.as_str(),
                kind.namespaced,
            )
        })
        .collect();
    assert_eq!(
        names,
        [("proxies", "proxy", true), ("policies", "netpolicy", false)]
    );
}

#[test]
fn groups_of_metrics_are_left_out_in_every_form() {
    let names = [
        "custom.metrics.k8s.io",
        "external.metrics.k8s.io",
        "metrics.k8s.io",
        "apps",
    ];
    let aggregated: Vec<_> = names.map(|name| json!({"metadata": {"name": name}})).into();
    let legacy: Vec<_> = names.map(|name| json!({"name": name})).into();
    for document in [
        json!({"kind": "APIGroupDiscoveryList", "items": aggregated}),
        json!({"kind": "APIGroupList", "groups": legacy}),
    ] {
        let left: Vec<_> = read(&document)
            .unwrap()
            .into_iter()
            .map(|group| group.name)
            .collect();
        assert_eq!(left, ["apps"]);
    }
}

#[rstest]
#[case(
    "<html>",
    "it is not the JSON that was expected: expected value at line 1 column 1"
)]
#[case(
    r#"{"kind":"Status","message":"no"}"#,
    r#"it is of the unknown kind "Status""#
)]
#[case("{}", r#"it is of the unknown kind """#)]
fn what_is_no_discovery_document_is_said_to_be_none(#[case] text: &str, #[case] why: &str) {
    assert_eq!(groups(text.as_bytes()).unwrap_err().to_string(), why);
    assert_eq!(
        resources("", "v1", text.as_bytes())
            .unwrap_err()
            .to_string(),
        why
    );
}
