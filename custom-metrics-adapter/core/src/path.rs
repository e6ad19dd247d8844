//! URL path and query → request. Total: every input gives a request or a reason.

use crate::{
    Reason,
    ids::{GroupResource, MetricName, Namespace, ObjectName},
    selector::Selector,
};

/// The API group this module parses.
pub const GROUP: &str = "custom.metrics.k8s.io";

/// A served version of [`GROUP`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Version {
    V1Beta1,
    V1Beta2,
}

impl Version {
    pub const ALL: [Self; 2] = [Self::V1Beta1, Self::V1Beta2];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta1 => "v1beta1",
            Self::V1Beta2 => "v1beta2",
        }
    }
}

/// What a URL asks for. Health, version and OpenAPI paths belong to the edge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// `/apis`
    Apis,
    /// `/apis/custom.metrics.k8s.io`
    Group,
    /// `/apis/custom.metrics.k8s.io/{version}`
    ResourceList(Version),
    CustomMetric(Box<CustomMetric>),
}

/// A read of one metric.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomMetric {
    pub version: Version,
    pub scope: Scope,
    /// As typed, not normalised: `pods`, `pod`, `deployments.apps`.
    pub resource: GroupResource,
    pub name: NameOrAll,
    pub metric: MetricName,
    /// Selects objects; has a meaning only with [`NameOrAll::All`].
    pub label_selector: Selector,
    /// Selects series.
    pub metric_label_selector: Selector,
}

/// Where the described objects live.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    Namespaced(Namespace),
    Root,
    /// `namespaces/{ns}/metrics/{metric}`: the namespace itself is described. May be `*`.
    NamespaceMetric(Namespace),
}

/// One object, or all that the label selector matches (`*`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NameOrAll {
    Name(ObjectName),
    All,
}

/// What a SubjectAccessReview for a read must say (behaviour note §5.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessAttributes {
    pub namespace: Option<String>,
    pub verb: &'static str,
    pub group: &'static str,
    pub version: &'static str,
    pub resource: String,
    pub subresource: Option<String>,
    pub name: Option<String>,
}

impl Request {
    /// `path` is the raw, percent-encoded path; `query` the raw query without `?` (empty if there is none).
    pub fn parse(path: &str, query: &str) -> Result<Self, Reason> {
        todo!("{path} {query}")
    }
}

impl CustomMetric {
    /// The namespace the described objects live in.
    pub fn namespace(&self) -> Option<&Namespace> {
        match &self.scope {
            Scope::Namespaced(namespace) => Some(namespace),
            Scope::Root | Scope::NamespaceMetric(_) => None,
        }
    }
    pub fn access(&self) -> AccessAttributes {
        todo!()
    }
}
