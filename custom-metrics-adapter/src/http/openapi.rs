//! `/openapi/v2` and `/openapi/v3`. The documents name every path that is served, which is what
//! kube-apiserver's aggregator merges; they do not explain the fields of objects.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::body::Body;
use custom_metrics_core::api::{Group, GroupVersion, Served};
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::http::encode::{Reply, bytes_response};

/// An OpenAPI document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    V2,
    /// The list of documents of version 3.
    V3Index,
    V3(GroupVersion),
    /// Below the index, and not in it.
    Nothing,
}

/// A path below a version, and the name of its operation in the words of Kubernetes' clients.
type Operation = (&'static str, &'static str);

const CUSTOM: [Operation; 3] = [
    (
        "/namespaces/{namespace}/{resource}/{name}/{subresource}",
        "listCustomMetrics{version}NamespacedMetricValue",
    ),
    (
        "/{resource}/{name}/{subresource}",
        "listCustomMetrics{version}MetricValue",
    ),
    (
        "/namespaces/{name}/metrics/{subresource}",
        "readCustomMetrics{version}MetricValueForNamespace",
    ),
];
const EXTERNAL: [Operation; 1] = [(
    "/namespaces/{namespace}/{resource}",
    "listExternalMetrics{version}ExternalMetricValue",
)];
const RESOURCE: [Operation; 5] = [
    ("/nodes", "listMetrics{version}NodeMetrics"),
    ("/nodes/{name}", "readMetrics{version}NodeMetrics"),
    ("/pods", "listMetrics{version}PodMetricsForAllNamespaces"),
    (
        "/namespaces/{namespace}/pods",
        "listMetrics{version}NamespacedPodMetrics",
    ),
    (
        "/namespaces/{namespace}/pods/{name}",
        "readMetrics{version}NamespacedPodMetrics",
    ),
];

impl Document {
    /// The document that a path leads to, be it served or not.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/openapi/v2" => Some(Self::V2),
            "/openapi/v3" | "/openapi/v3/" => Some(Self::V3Index),
            _ => {
                let below = path.strip_prefix("/openapi/v3/")?;
                let version = below.strip_prefix("apis/").and_then(|version| {
                    let (group, version) = version.split_once('/')?;
                    GroupVersion::parse(group, version)
                });
                Some(version.map_or(Self::Nothing, Self::V3))
            }
        }
    }

    /// Nothing where the group is not served.
    fn json(self, served: Served) -> Option<Value> {
        match self {
            Self::V2 => {
                let versions = versions(served).collect::<Vec<_>>();
                Some(json!({
                    "swagger": "2.0",
                    "info": info(),
                    "paths": paths(&versions, &json!({"type": "string"})),
                }))
            }
            Self::V3Index => {
                let entry = |version: GroupVersion| {
                    let hash = Self::V3(version).json(served).map(|value| hash(&value));
                    let key = format!("apis/{version}");
                    let url = format!("/openapi/v3/{key}?hash={}", hash.unwrap_or_default());
                    (key, json!({"serverRelativeURL": url}))
                };
                let entries: Map<String, Value> = versions(served).map(entry).collect();
                Some(json!({"paths": entries}))
            }
            Self::V3(version) => served.has(version.group()).then(|| {
                json!({
                    "openapi": "3.0.0",
                    "info": info(),
                    "paths": paths(&[version], &json!({"schema": {"type": "string"}})),
                })
            }),
            Self::Nothing => None,
        }
    }

    /// There is JSON alone, which is what kube-apiserver asks for.
    pub fn respond(self, served: Served, reply: &Reply<'_>) -> Response<Body> {
        let Some(document) = self.json(served) else {
            return bytes_response(StatusCode::NOT_FOUND, "", bytes::Bytes::new());
        };
        if !reply.takes_json() {
            return bytes_response(StatusCode::NOT_ACCEPTABLE, "", bytes::Bytes::new());
        }
        let tag = format!("\"{}\"", hash(&document));
        let bytes = document.to_string().into();
        let mut response = reply.tagged(&tag, || reply.packed("application/json", bytes));
        let by = match self {
            Self::V2 => "Accept-Encoding, Accept",
            Self::V3(_) => "Accept",
            // There is one form of the index.
            Self::V3Index | Self::Nothing => return response,
        };
        let by = HeaderValue::from_static(by);
        response.headers_mut().insert(header::VARY, by);
        response
    }
}

fn info() -> Value {
    json!({"title": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")})
}

fn versions(served: Served) -> impl Iterator<Item = GroupVersion> {
    served
        .groups()
        .flat_map(|group| group.versions().iter().copied())
}

/// `text` is how the document says that a parameter is a text.
fn paths(versions: &[GroupVersion], text: &Value) -> Map<String, Value> {
    let mut paths = Map::new();
    for version in versions {
        let operations: &[Operation] = match version.group() {
            Group::Custom => &CUSTOM,
            Group::External => &EXTERNAL,
            Group::Resource => &RESOURCE,
        };
        for (path, id) in operations {
            let mut capitalized = version.version().to_owned();
            capitalized[..1].make_ascii_uppercase();
            let id = id.replace("{version}", &capitalized);
            paths.insert(format!("/apis/{version}{path}"), operation(path, &id, text));
        }
    }
    paths
}

fn operation(path: &str, id: &str, text: &Value) -> Value {
    let names = path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?;
        name.strip_suffix('}')
    });
    let parameters: Vec<Value> = names
        .map(|name| {
            let mut parameter = json!({"name": name, "in": "path", "required": true});
            if let (Some(parameter), Some(text)) = (parameter.as_object_mut(), text.as_object()) {
                parameter.extend(text.clone());
            }
            parameter
        })
        .collect();
    json!({
        "get": {"operationId": id, "responses": {"200": {"description": "OK"}}},
        "parameters": parameters,
    })
}

fn hash(value: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    format!("{:016X}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const EXTERNAL_ONLY: Served = Served {
        custom: false,
        external: true,
        resource: false,
    };

    #[test]
    fn the_documents_name_the_paths_of_served_groups_alone() {
        let json = |document: Document| document.json(EXTERNAL_ONLY).unwrap().to_string();
        assert_snapshot!(json(Document::V2), @r#"{"info":{"title":"custom-metrics-adapter","version":"0.1.0"},"paths":{"/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{resource}":{"get":{"operationId":"listExternalMetricsV1beta1ExternalMetricValue","responses":{"200":{"description":"OK"}}},"parameters":[{"in":"path","name":"namespace","required":true,"type":"string"},{"in":"path","name":"resource","required":true,"type":"string"}]}},"swagger":"2.0"}"#);
        let version = GroupVersion::ExternalV1Beta1;
        assert_snapshot!(json(Document::V3(version)), @r#"{"info":{"title":"custom-metrics-adapter","version":"0.1.0"},"openapi":"3.0.0","paths":{"/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{resource}":{"get":{"operationId":"listExternalMetricsV1beta1ExternalMetricValue","responses":{"200":{"description":"OK"}}},"parameters":[{"in":"path","name":"namespace","required":true,"schema":{"type":"string"}},{"in":"path","name":"resource","required":true,"schema":{"type":"string"}}]}}}"#);
        assert_eq!(
            Document::V3(GroupVersion::CustomV1Beta1).json(EXTERNAL_ONLY),
            None
        );
    }

    #[test]
    fn every_entry_of_the_index_leads_to_its_document_of_that_hash() {
        let served = Served {
            custom: true,
            external: true,
            resource: true,
        };
        let index = Document::V3Index.json(served).unwrap();
        let entries = index["paths"].as_object().unwrap();
        assert_eq!(entries.len(), 4);
        for entry in entries.values() {
            let url = entry["serverRelativeURL"].as_str().unwrap();
            let (path, tag) = url.split_once("?hash=").unwrap();
            let document = Document::of(path).unwrap().json(served).unwrap();
            assert_eq!(hash(&document), tag, "{path}");
        }
    }
}
