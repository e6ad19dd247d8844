//! The JSON of the API.

use serde::Serialize;

use crate::{Reason, answer::Answer, path::Version, registry::Registry};

/// `metav1.Status` of a failure.
#[derive(Clone, Debug, Serialize)]
pub struct Status {}

impl From<&Reason> for Status {
    fn from(reason: &Reason) -> Self {
        todo!("{reason:?}")
    }
}

/// `MetricValueList` of either version.
#[derive(Clone, Debug, Serialize)]
pub struct MetricValueList {}
#[derive(Clone, Debug, Serialize)]
pub struct ApiGroupList {}
#[derive(Clone, Debug, Serialize)]
pub struct ApiGroup {}
#[derive(Clone, Debug, Serialize)]
pub struct ApiResourceList {}
/// `apidiscovery.k8s.io/v2`.
#[derive(Clone, Debug, Serialize)]
pub struct ApiGroupDiscoveryList {}

/// Body of a successful read.
pub fn metric_values(answer: &Answer, version: Version) -> MetricValueList {
    todo!("{answer:?} {version:?}")
}
/// `GET /apis`; `server_address` is what `serverAddressByClientCIDRs` shows, such as `:6443`.
pub fn group_list(server_address: &str) -> ApiGroupList {
    todo!("{server_address}")
}
/// `GET /apis/custom.metrics.k8s.io`
pub fn group() -> ApiGroup {
    todo!()
}
/// `GET /apis/custom.metrics.k8s.io/{version}`
pub fn resource_list(registry: &Registry, version: Version) -> ApiResourceList {
    todo!("{registry:?} {version:?}")
}
/// `GET /apis` with `Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`
pub fn aggregated_discovery(registry: &Registry) -> ApiGroupDiscoveryList {
    todo!("{registry:?}")
}
