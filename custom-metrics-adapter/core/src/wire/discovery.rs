//! Group and resource discovery, plain and aggregated.

use serde::Serialize;

use super::Empty;
use crate::{
    api::{Group as ApiGroupName, GroupVersion as Gv},
    registry::{Listed, Registry},
};

/// `GET /apis`. Without an `apiVersion`, as upstream.
#[derive(Clone, Debug, Serialize)]
pub struct ApiGroupList {
    kind: &'static str,
    groups: Vec<Group>,
}

/// `GET /apis/custom.metrics.k8s.io`
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGroup {
    kind: &'static str,
    api_version: &'static str,
    #[serde(flatten)]
    group: Group,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: &'static str,
    versions: Vec<GroupVersion>,
    preferred_version: GroupVersion,
    #[serde(
        rename = "serverAddressByClientCIDRs",
        skip_serializing_if = "Vec::is_empty"
    )]
    server_address_by_client_cidrs: Vec<ServerAddress>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupVersion {
    group_version: String,
    version: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerAddress {
    #[serde(rename = "clientCIDR")]
    client_cidr: &'static str,
    server_address: String,
}

/// `GET /apis/custom.metrics.k8s.io/{version}`
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResourceList {
    kind: &'static str,
    api_version: &'static str,
    group_version: String,
    resources: Vec<ApiResource>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApiResource {
    name: String,
    singular_name: &'static str,
    namespaced: bool,
    kind: &'static str,
    verbs: [&'static str; 1],
}

/// `apidiscovery.k8s.io/v2`, what kube-apiserver's aggregator asks for first. Upstream leaves its custom
/// metrics out of it, so that `kubectl api-resources` shows none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGroupDiscoveryList {
    kind: &'static str,
    api_version: &'static str,
    metadata: Empty,
    items: Vec<GroupDiscovery>,
}

#[derive(Clone, Debug, Serialize)]
struct GroupDiscovery {
    metadata: DiscoveryMetadata,
    versions: Vec<VersionDiscovery>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DiscoveryMetadata {
    name: &'static str,
    creation_timestamp: (),
}

#[derive(Clone, Debug, Serialize)]
struct VersionDiscovery {
    version: &'static str,
    resources: Vec<ResourceDiscovery>,
    freshness: &'static str,
}

/// The parent of metrics, such as `pods`: it cannot be read itself, hence its empty kind, which clients skip.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceDiscovery {
    resource: String,
    response_kind: ResponseKind,
    scope: &'static str,
    singular_resource: &'static str,
    verbs: [&'static str; 0],
    subresources: Vec<SubresourceDiscovery>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubresourceDiscovery {
    subresource: String,
    response_kind: ResponseKind,
    verbs: [&'static str; 1],
}

#[derive(Clone, Debug, Serialize)]
struct ResponseKind {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
}

const VALUE_LIST: &str = "MetricValueList";

/// Lists v1beta1 alone, as upstream does; clients read v1beta2 from its `APIService`, never from here.
fn plain_group(server_addresses: Vec<ServerAddress>) -> Group {
    let version = || GroupVersion {
        group_version: Gv::CustomV1Beta1.to_string(),
        version: Gv::CustomV1Beta1.version(),
    };
    Group {
        name: ApiGroupName::Custom.name(),
        versions: vec![version()],
        preferred_version: version(),
        server_address_by_client_cidrs: server_addresses,
    }
}

/// `GET /apis`; `server_address` is where clients of any address reach the server, such as `:6443`.
pub fn group_list(server_address: &str) -> ApiGroupList {
    let address = ServerAddress {
        client_cidr: "0.0.0.0/0",
        server_address: server_address.to_owned(),
    };
    ApiGroupList {
        kind: "APIGroupList",
        groups: vec![plain_group(vec![address])],
    }
}

/// `GET /apis/custom.metrics.k8s.io`
pub fn group() -> ApiGroup {
    ApiGroup {
        kind: "APIGroup",
        api_version: "v1",
        group: plain_group(vec![]),
    }
}

/// `GET /apis/custom.metrics.k8s.io/{version}`: `<plural>[.<group>]/<metric>`, sorted.
pub fn resource_list(registry: &Registry, version: Gv) -> ApiResourceList {
    let resource = |listed: &Listed| ApiResource {
        name: format!("{}/{}", listed.resource, listed.metric),
        singular_name: "",
        namespaced: listed.namespaced,
        kind: VALUE_LIST,
        verbs: ["get"],
    };
    ApiResourceList {
        kind: "APIResourceList",
        api_version: "v1",
        group_version: version.to_string(),
        resources: registry.listing().map(resource).collect(),
    }
}

/// `GET /apis` with `Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`
pub fn aggregated_discovery(registry: &Registry) -> ApiGroupDiscoveryList {
    let versions = [Gv::CustomV1Beta1, Gv::CustomV1Beta2].map(|version| VersionDiscovery {
        version: version.version(),
        resources: nested(registry),
        freshness: "Current",
    });
    ApiGroupDiscoveryList {
        kind: "APIGroupDiscoveryList",
        api_version: "apidiscovery.k8s.io/v2",
        metadata: Empty {},
        items: vec![GroupDiscovery {
            metadata: DiscoveryMetadata {
                name: ApiGroupName::Custom.name(),
                creation_timestamp: (),
            },
            versions: versions.into(),
        }],
    }
}

/// Metrics as subresources of what they describe. The listing is sorted by resource, and each resource has
/// one scope, so neighbours belong together.
fn nested(registry: &Registry) -> Vec<ResourceDiscovery> {
    let mut parents: Vec<ResourceDiscovery> = vec![];
    for listed in registry.listing() {
        let resource = listed.resource.to_string();
        let metric = SubresourceDiscovery {
            subresource: listed.metric.to_string(),
            response_kind: ResponseKind {
                group: "",
                version: "",
                kind: VALUE_LIST,
            },
            verbs: ["get"],
        };
        match parents.last_mut() {
            Some(parent) if parent.resource == resource => parent.subresources.push(metric),
            _ => parents.push(ResourceDiscovery {
                resource,
                response_kind: ResponseKind {
                    group: "",
                    version: "",
                    kind: "",
                },
                scope: if listed.namespaced {
                    "Namespaced"
                } else {
                    "Cluster"
                },
                singular_resource: "",
                verbs: [],
                subresources: vec![metric],
            }),
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{resources::ResourceMap, rule::Rule};

    fn registry() -> Registry {
        let rule = serde_saphyr::from_str(
            r"
seriesQuery: http_requests_total
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, d: {group: apps, resource: deployment}}}
name: {matches: '^(.*)_total$', as: '${1}_per_second'}
",
        );
        let rule = Rule::try_from((0, rule.unwrap())).unwrap();
        Registry::build(&[rule], &[], &ResourceMap::builtin())
    }

    fn json(body: &impl Serialize) -> String {
        serde_json::to_string(body).unwrap()
    }

    #[test]
    fn groups_are_listed_as_upstream_lists_them() {
        assert_snapshot!(json(&group_list(":16443")), @r#"{"kind":"APIGroupList","groups":[{"name":"custom.metrics.k8s.io","versions":[{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}],"preferredVersion":{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"},"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":":16443"}]}]}"#);
        assert_snapshot!(json(&group()), @r#"{"kind":"APIGroup","apiVersion":"v1","name":"custom.metrics.k8s.io","versions":[{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}],"preferredVersion":{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}}"#);
    }

    #[test]
    fn resources_are_listed_by_resource_and_metric() {
        assert_snapshot!(json(&resource_list(&registry(), Gv::CustomV1Beta2)), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"custom.metrics.k8s.io/v1beta2","resources":[{"name":"deployments.apps/http_requests_per_second","singularName":"","namespaced":true,"kind":"MetricValueList","verbs":["get"]},{"name":"namespaces/http_requests_per_second","singularName":"","namespaced":false,"kind":"MetricValueList","verbs":["get"]},{"name":"pods/http_requests_per_second","singularName":"","namespaced":true,"kind":"MetricValueList","verbs":["get"]}]}"#);
    }

    #[test]
    fn an_empty_registry_lists_an_empty_array() {
        assert_snapshot!(json(&resource_list(&Registry::default(), Gv::CustomV1Beta1)), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"custom.metrics.k8s.io/v1beta1","resources":[]}"#);
    }

    #[test]
    fn aggregated_discovery_holds_both_versions_with_metrics_as_subresources() {
        assert_snapshot!(json(&aggregated_discovery(&registry())), @r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[{"metadata":{"name":"custom.metrics.k8s.io","creationTimestamp":null},"versions":[{"version":"v1beta1","resources":[{"resource":"deployments.apps","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"namespaces","responseKind":{"group":"","version":"","kind":""},"scope":"Cluster","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"pods","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]}],"freshness":"Current"},{"version":"v1beta2","resources":[{"resource":"deployments.apps","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"namespaces","responseKind":{"group":"","version":"","kind":""},"scope":"Cluster","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]},{"resource":"pods","responseKind":{"group":"","version":"","kind":""},"scope":"Namespaced","singularResource":"","verbs":[],"subresources":[{"subresource":"http_requests_per_second","responseKind":{"group":"","version":"","kind":"MetricValueList"},"verbs":["get"]}]}],"freshness":"Current"}]}]}"#);
    }
}
