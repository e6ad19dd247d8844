//! Aggregated discovery: every group, version and resource in one document.

use prost::Message;
use serde::Serialize;

use super::{
    List, Object, ObjectMeta,
    discovery::{EXTERNAL_VALUE_LIST, Offer, USAGE, VALUE_LIST},
};
use crate::{
    api::{Group, GroupVersion, Served},
    negotiate::DiscoveryVersion,
    registry::Registry,
};

/// `apidiscovery.k8s.io` `APIGroupDiscovery`
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct GroupDiscovery {
    #[prost(message, required, tag = "1")]
    metadata: ObjectMeta,
    #[prost(message, repeated, tag = "2")]
    versions: Vec<VersionDiscovery>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct VersionDiscovery {
    #[prost(string, required, tag = "1")]
    version: String,
    #[prost(message, repeated, tag = "2")]
    resources: Vec<ResourceDiscovery>,
    #[prost(string, required, tag = "3")]
    freshness: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceDiscovery {
    #[prost(string, required, tag = "1")]
    resource: String,
    #[prost(message, required, tag = "2")]
    response_kind: ResponseKind,
    #[prost(string, required, tag = "3")]
    scope: String,
    #[prost(string, required, tag = "4")]
    singular_resource: String,
    #[prost(string, repeated, tag = "5")]
    verbs: Vec<String>,
    #[prost(message, repeated, tag = "8")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subresources: Vec<SubresourceDiscovery>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubresourceDiscovery {
    #[prost(string, required, tag = "1")]
    subresource: String,
    #[prost(message, required, tag = "2")]
    response_kind: ResponseKind,
    #[prost(string, repeated, tag = "4")]
    verbs: Vec<String>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct ResponseKind {
    #[prost(string, required, tag = "1")]
    group: String,
    #[prost(string, required, tag = "2")]
    version: String,
    #[prost(string, required, tag = "3")]
    kind: String,
}

/// `GET /apis` in its aggregated form, what kube-apiserver's aggregator asks for first. Upstream leaves its
/// custom and external metrics out of it.
pub fn aggregated_discovery(
    served: Served,
    offer: &Offer<'_>,
    version: DiscoveryVersion,
) -> Object<List<GroupDiscovery>> {
    let groups = served.groups().map(|group| GroupDiscovery {
        metadata: ObjectMeta {
            name: group.name().to_owned(),
            ..ObjectMeta::default()
        },
        versions: group
            .versions()
            .iter()
            .map(|version| version_discovery(*version, offer))
            .collect(),
    });
    Object {
        kind: "APIGroupDiscoveryList",
        api_version: match version {
            DiscoveryVersion::V2 => "apidiscovery.k8s.io/v2",
            DiscoveryVersion::V2Beta1 => "apidiscovery.k8s.io/v2beta1",
        }
        .to_owned(),
        body: List::new(groups.collect()),
    }
}

fn version_discovery(version: GroupVersion, offer: &Offer<'_>) -> VersionDiscovery {
    let resources = match version.group() {
        Group::Custom => nested(offer.custom),
        Group::External => offer
            .external
            .iter()
            .map(|name| resource(name.to_string(), EXTERNAL_VALUE_LIST, true, &["get"]))
            .collect(),
        Group::Resource => USAGE
            .iter()
            .map(|(name, kind, namespaced)| {
                resource((*name).to_owned(), kind, *namespaced, &["get", "list"])
            })
            .collect(),
    };
    VersionDiscovery {
        version: version.version().to_owned(),
        resources,
        freshness: "Current".to_owned(),
    }
}

/// Metrics as subresources of what they describe. The listing is sorted by resource, and each resource has
/// one scope, so neighbours belong together. The parent, such as `pods`, cannot be read itself; clients skip
/// it for its empty kind.
fn nested(registry: &Registry) -> Vec<ResourceDiscovery> {
    let mut parents: Vec<ResourceDiscovery> = vec![];
    for listed in registry.listing() {
        let name = listed.resource.to_string();
        let metric = SubresourceDiscovery {
            subresource: listed.metric.to_string(),
            response_kind: response_kind(VALUE_LIST),
            verbs: texts(&["get"]),
        };
        match parents.last_mut() {
            Some(parent) if parent.resource == name => parent.subresources.push(metric),
            _ => {
                let mut parent = resource(name, "", listed.namespaced, &[]);
                parent.subresources.push(metric);
                parents.push(parent);
            }
        }
    }
    parents
}

fn resource(name: String, kind: &str, namespaced: bool, verbs: &[&str]) -> ResourceDiscovery {
    ResourceDiscovery {
        resource: name,
        response_kind: response_kind(kind),
        scope: if namespaced { "Namespaced" } else { "Cluster" }.to_owned(),
        singular_resource: String::new(),
        verbs: texts(verbs),
        subresources: vec![],
    }
}

fn response_kind(kind: &str) -> ResponseKind {
    ResponseKind {
        kind: kind.to_owned(),
        ..ResponseKind::default()
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{
        ids::MetricName,
        wire::discovery::tests::{ALL, json, registry},
    };

    fn document(served: Served, version: DiscoveryVersion) -> String {
        let queue = MetricName::new("queue_depth").unwrap();
        let offer = Offer {
            custom: &registry(),
            external: vec![&queue],
        };
        json(&aggregated_discovery(served, &offer, version))
    }

    #[test]
    fn custom_metrics_are_subresources_in_both_versions() {
        let custom = Served {
            custom: true,
            ..Served::default()
        };
        assert_snapshot!(document(custom, DiscoveryVersion::V2), @r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[{"metadata":{"name":"custom.metrics.k8s.io","creationTimestamp":null},"versions":[{"version":"v1beta1","resources":[{"resource":"deployments.apps","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"namespaces","responseKind":{"group":"","version":"","kind":""},"scope":"Cluster","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"pods","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]}],"freshness":"Current"},{"version":"v1beta2","resources":[{"resource":"deployments.apps","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"namespaces","responseKind":{"group":"","version":"","kind":""},"scope":"Cluster","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"pods","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]}],"freshness":"Current"}]}]}"#);
    }

    #[test]
    fn external_and_resource_metrics_are_resources() {
        let others = Served {
            custom: false,
            ..ALL
        };
        assert_snapshot!(document(others, DiscoveryVersion::V2Beta1), @r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2beta1","metadata":{},"items":[{"metadata":{"name":"external.metrics.k8s.io","creationTimestamp":null},"versions":[{"version":"v1beta1","resources":[{"resource":"queue_depth","responseKind":{"group":"","version":"","kind":"ExternalMetricValueList"},"scope":"Namespaced","singularResource":"","verbs":["get"]}],"freshness":"Current"}]},{"metadata":{"name":"metrics.k8s.io","creationTimestamp":null},"versions":[{"version":"v1beta1","resources":[{"resource":"nodes","responseKind":{"group":"","version":"","kind":"NodeMetrics"},"scope":"Cluster","singularResource":"","verbs":["get","list"]},{"resource":"pods","responseKind":{"group":"","version":"","kind":"PodMetrics"},"scope":"Namespaced","singularResource":"","verbs":["get","list"]}],"freshness":"Current"}]}]}"#);
    }

    #[test]
    fn without_groups_the_list_is_empty_and_there() {
        assert!(document(Served::default(), DiscoveryVersion::V2).ends_with("\"items\":[]}\n"));
    }
}
