//! Group and resource discovery, one document each.

use prost::Message;
use serde::Serialize;

use super::Object;
use crate::{
    api::{Group as ApiGroupName, GroupVersion as Gv, Served},
    ids::MetricName,
    registry::{Listed, Registry},
};

pub(super) const VALUE_LIST: &str = "MetricValueList";
pub(super) const EXTERNAL_VALUE_LIST: &str = "ExternalMetricValueList";
/// Resource, kind, namespaced.
pub(super) const USAGE: [(&str, &str, bool); 2] = [
    ("nodes", "NodeMetrics", false),
    ("pods", "PodMetrics", true),
];

/// What there is to discover.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    pub custom: &'a Registry,
    /// External metrics, sorted.
    pub external: Vec<&'a MetricName>,
}

/// `metav1.APIGroupList`
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct ApiGroupList {
    #[prost(message, repeated, tag = "1")]
    groups: Vec<ApiGroup>,
}

/// `metav1.APIGroup`
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGroup {
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    versions: Vec<VersionForDiscovery>,
    #[prost(message, required, tag = "3")]
    preferred_version: VersionForDiscovery,
    #[prost(message, repeated, tag = "4")]
    #[serde(
        rename = "serverAddressByClientCIDRs",
        skip_serializing_if = "Vec::is_empty"
    )]
    server_address_by_client_cidrs: Vec<ServerAddress>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionForDiscovery {
    #[prost(string, required, tag = "1")]
    group_version: String,
    #[prost(string, required, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerAddress {
    #[prost(string, required, tag = "1")]
    #[serde(rename = "clientCIDR")]
    client_cidr: String,
    #[prost(string, required, tag = "2")]
    server_address: String,
}

/// `metav1.APIResourceList`
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResourceList {
    #[prost(string, required, tag = "1")]
    group_version: String,
    #[prost(message, repeated, tag = "2")]
    resources: Vec<ApiResource>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApiResource {
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(string, required, tag = "6")]
    singular_name: String,
    #[prost(bool, required, tag = "2")]
    namespaced: bool,
    #[prost(string, required, tag = "3")]
    kind: String,
    #[prost(message, required, tag = "4")]
    verbs: Verbs,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(transparent)]
struct Verbs {
    #[prost(string, repeated, tag = "1")]
    items: Vec<String>,
}

/// `GET /apis`; `server_address` is where clients of any address reach the server, such as `:6443`. Without
/// an `apiVersion`, as upstream.
pub fn group_list(served: Served, server_address: &str) -> Object<ApiGroupList> {
    let groups = served.groups().map(|group| ApiGroup {
        server_address_by_client_cidrs: vec![ServerAddress {
            client_cidr: "0.0.0.0/0".to_owned(),
            server_address: server_address.to_owned(),
        }],
        ..plain_group(group)
    });
    Object {
        kind: "APIGroupList",
        api_version: String::new(),
        body: ApiGroupList {
            groups: groups.collect(),
        },
    }
}

/// `GET /apis/{group}`
pub fn group(group: ApiGroupName) -> Object<ApiGroup> {
    Object {
        kind: "APIGroup",
        api_version: "v1".to_owned(),
        body: plain_group(group),
    }
}

/// Lists the preferred version alone, as upstream does; clients read v1beta2 from its `APIService`, which
/// kube-apiserver makes its own group documents of, never from here.
fn plain_group(group: ApiGroupName) -> ApiGroup {
    let preferred = match group {
        ApiGroupName::Custom => Gv::CustomV1Beta1,
        ApiGroupName::External => Gv::ExternalV1Beta1,
        ApiGroupName::Resource => Gv::ResourceV1Beta1,
    };
    let version = || VersionForDiscovery {
        group_version: preferred.to_string(),
        version: preferred.version().to_owned(),
    };
    ApiGroup {
        name: group.name().to_owned(),
        versions: vec![version()],
        preferred_version: version(),
        server_address_by_client_cidrs: vec![],
    }
}

/// `GET /apis/{group}/{version}`, in the order of the offer: `<plural>[.<group>]/<metric>` of custom metrics,
/// the metrics themselves of external ones, `nodes` and `pods`.
pub fn resource_list(version: Gv, offer: &Offer<'_>) -> Object<ApiResourceList> {
    let resources = match version.group() {
        ApiGroupName::Custom => offer.custom.listing().map(custom).collect(),
        ApiGroupName::External => offer.external.iter().map(|name| external(name)).collect(),
        ApiGroupName::Resource => USAGE.iter().map(usage).collect(),
    };
    Object {
        kind: "APIResourceList",
        api_version: "v1".to_owned(),
        body: ApiResourceList {
            group_version: version.to_string(),
            resources,
        },
    }
}

fn custom(listed: &Listed) -> ApiResource {
    let name = format!("{}/{}", listed.resource, listed.metric);
    resource(name, listed.namespaced, VALUE_LIST, &["get"])
}

fn external(name: &MetricName) -> ApiResource {
    resource(name.to_string(), true, EXTERNAL_VALUE_LIST, &["get"])
}

fn usage((name, kind, namespaced): &(&str, &str, bool)) -> ApiResource {
    resource((*name).to_owned(), *namespaced, kind, &["get", "list"])
}

fn resource(name: String, namespaced: bool, kind: &str, verbs: &[&str]) -> ApiResource {
    ApiResource {
        name,
        singular_name: String::new(),
        namespaced,
        kind: kind.to_owned(),
        verbs: Verbs {
            items: verbs.iter().map(ToString::to_string).collect(),
        },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{
        negotiate::Format,
        registry::Discovered,
        resources::ResourceMap,
        rule::Rule,
        wire::{Document, PROTOBUF_PREFIX, Unknown},
    };

    pub(in crate::wire) const ALL: Served = Served {
        custom: true,
        external: true,
        resource: true,
    };

    pub(in crate::wire) fn registry() -> Registry {
        let rule = serde_saphyr::from_str(
            r"
seriesQuery: http_requests_total
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, d: {group: apps, resource: deployment}}}
name: {matches: '^(.*)_total$', as: '${1}_per_second'}
",
        );
        let rule = Rule::try_from((0, rule.unwrap())).unwrap();
        let nothing: [Discovered; 0] = [];
        Registry::build(&[rule], &nothing, &ResourceMap::builtin())
    }

    pub(in crate::wire) fn json(document: &dyn Document) -> String {
        let json = Format::Json { pretty: false };
        String::from_utf8(document.encode(json).unwrap()).unwrap()
    }

    fn list(version: Gv) -> String {
        let queue = MetricName::new("queue_depth").unwrap();
        let offer = Offer {
            custom: &registry(),
            external: vec![&queue],
        };
        json(&resource_list(version, &offer))
    }

    #[test]
    fn groups_are_listed_as_upstream_lists_them() {
        let custom = Served {
            custom: true,
            ..Served::default()
        };
        assert_snapshot!(json(&group_list(custom, ":16443")), @r#"{"kind":"APIGroupList","groups":[{"name":"custom.metrics.k8s.io","versions":[{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}],"preferredVersion":{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"},"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":":16443"}]}]}"#);
        assert_snapshot!(json(&group(ApiGroupName::Custom)), @r#"{"kind":"APIGroup","apiVersion":"v1","name":"custom.metrics.k8s.io","versions":[{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}],"preferredVersion":{"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}}"#);
    }

    #[test]
    fn only_served_groups_are_listed_in_upstreams_order() {
        let names = |served| -> Vec<String> {
            let list = group_list(served, "").body.groups;
            list.into_iter().map(|group| group.name).collect()
        };
        let all = [
            "custom.metrics.k8s.io",
            "external.metrics.k8s.io",
            "metrics.k8s.io",
        ];
        assert_eq!(names(ALL), all);
        assert!(names(Served::default()).is_empty());
    }

    #[test]
    fn resources_are_listed_by_resource_and_metric() {
        assert_snapshot!(list(Gv::CustomV1Beta2), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"custom.metrics.k8s.io/v1beta2","resources":[{"name":"deployments.apps/http_requests_per_second","singularName":"","namespaced":true,"kind":"MetricValueList","verbs":["get"]},{"name":"namespaces/http_requests_per_second","singularName":"","namespaced":false,"kind":"MetricValueList","verbs":["get"]},{"name":"pods/http_requests_per_second","singularName":"","namespaced":true,"kind":"MetricValueList","verbs":["get"]}]}"#);
        assert_snapshot!(list(Gv::ExternalV1Beta1), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"external.metrics.k8s.io/v1beta1","resources":[{"name":"queue_depth","singularName":"","namespaced":true,"kind":"ExternalMetricValueList","verbs":["get"]}]}"#);
        assert_snapshot!(list(Gv::ResourceV1Beta1), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"metrics.k8s.io/v1beta1","resources":[{"name":"nodes","singularName":"","namespaced":false,"kind":"NodeMetrics","verbs":["get","list"]},{"name":"pods","singularName":"","namespaced":true,"kind":"PodMetrics","verbs":["get","list"]}]}"#);
    }

    #[test]
    fn an_empty_registry_lists_an_empty_array() {
        let offer = Offer {
            custom: &Registry::default(),
            external: vec![],
        };
        assert_snapshot!(json(&resource_list(Gv::CustomV1Beta1, &offer)), @r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"custom.metrics.k8s.io/v1beta1","resources":[]}"#);
    }

    #[test]
    fn protobuf_says_the_same_as_json() {
        let offer = Offer {
            custom: &registry(),
            external: vec![],
        };
        let list = resource_list(Gv::CustomV1Beta1, &offer);
        let bytes = list.encode(Format::Protobuf).unwrap();
        let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
        assert_eq!(unknown.type_meta.kind, "APIResourceList");
        assert_eq!(
            ApiResourceList::decode(unknown.raw.as_slice()),
            Ok(list.body)
        );
        let groups = group_list(ALL, ":443");
        let bytes = groups.encode(Format::Protobuf).unwrap();
        let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
        assert_eq!(
            ApiGroupList::decode(unknown.raw.as_slice()),
            Ok(groups.body)
        );
    }
}
