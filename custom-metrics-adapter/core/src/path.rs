//! URL path and query → request. Total: every input gives a request or a reason.
//!
//! The routes are those of the custom metrics API, read as Kubernetes reads paths: decoded as a whole, then
//! split, so that an escaped `/` separates.

mod encoding;

use crate::{
    Reason,
    access::AccessAttributes,
    ids::{GroupResource, InvalidName, MetricName, Namespace, ObjectName},
    selector::Selector,
};

/// The API group this module reads.
pub const GROUP: &str = "custom.metrics.k8s.io";

/// A served version of [`GROUP`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Version {
    V1Beta1,
    V1Beta2,
}

impl Version {
    /// In order of preference, as prometheus-adapter ranks them.
    pub const ALL: [Self; 2] = [Self::V1Beta1, Self::V1Beta2];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta1 => "v1beta1",
            Self::V1Beta2 => "v1beta2",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
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
    /// Anything below a version that has the form of a metric.
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

impl Request {
    /// `path` is the raw, percent-encoded path; `query` the raw query without `?`, empty if there is none.
    pub fn parse(path: &str, query: &str) -> Result<Self, Reason> {
        let path = encoding::decode(path)?;
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let rest = match segments.as_slice() {
            ["apis"] => return Ok(Self::Apis),
            ["apis", GROUP] => return Ok(Self::Group),
            ["apis", GROUP, rest @ ..] => rest,
            _ => return Err(Reason::UnknownPath),
        };
        let (version, rest) = match rest {
            [version, rest @ ..] => (Version::parse(version).ok_or(Reason::UnknownPath)?, rest),
            [] => return Err(Reason::UnknownPath),
        };
        if rest.is_empty() {
            return Ok(Self::ResourceList(version));
        }
        metric(version, rest, query).map(|metric| Self::CustomMetric(Box::new(metric)))
    }
}

fn metric(version: Version, segments: &[&str], query: &str) -> Result<CustomMetric, Reason> {
    let unnamed = |_: InvalidName| Reason::UnknownPath;
    let (scope, resource, name, metric) = match *segments {
        ["namespaces", namespace, "metrics", metric] => {
            let scope = Scope::NamespaceMetric(Namespace::new(namespace).map_err(unnamed)?);
            (scope, "namespaces", namespace, metric)
        }
        ["namespaces", namespace, resource, name, metric] => (
            Scope::Namespaced(Namespace::new(namespace).map_err(unnamed)?),
            resource,
            name,
            metric,
        ),
        // Upstream's root route takes these and finds no object name in them.
        ["namespaces", _, _] => return Err(Reason::InvalidPath),
        [resource, name, metric] => (Scope::Root, resource, name, metric),
        _ => return Err(Reason::UnknownPath),
    };
    let name = match name {
        "*" => NameOrAll::All,
        name => NameOrAll::Name(ObjectName::new(name).map_err(unnamed)?),
    };
    let metric = MetricName::new(metric).map_err(unnamed)?;
    if resource.is_empty() {
        return Err(Reason::UnknownPath);
    }
    let parameters = encoding::parameters(query)?;
    let selector = |key: &str| {
        let text = parameters
            .iter()
            .find(|(known, _)| known == key)
            .map_or("", |(_, value)| value.as_str());
        Selector::parse(text).map_err(|error| Reason::BadRequest {
            message: error.to_string(),
        })
    };
    Ok(CustomMetric {
        version,
        scope,
        resource: GroupResource::parse(resource),
        name,
        metric,
        label_selector: selector("labelSelector")?,
        // Upstream answers 500 to a malformed one; it is the client's mistake all the same.
        metric_label_selector: selector("metricLabelSelector")?,
    })
}

impl CustomMetric {
    /// The namespace the described objects live in; none at the root and for metrics of namespaces.
    pub fn namespace(&self) -> Option<&Namespace> {
        match &self.scope {
            Scope::Namespaced(namespace) => Some(namespace),
            Scope::Root | Scope::NamespaceMetric(_) => None,
        }
    }

    /// What to ask before answering.
    pub fn access(&self) -> AccessAttributes {
        let name = match &self.name {
            NameOrAll::Name(name) => name.to_string(),
            NameOrAll::All => "*".to_owned(),
        };
        let metric = self.metric.to_string();
        let (namespace, resource, subresource, name) = match &self.scope {
            // Kubernetes' request parser takes `metrics` for the resource and the metric for its name.
            Scope::NamespaceMetric(namespace) => {
                (Some(namespace), "metrics".to_owned(), None, metric)
            }
            Scope::Namespaced(namespace) => (
                Some(namespace),
                self.resource.to_string(),
                Some(metric),
                name,
            ),
            Scope::Root => (None, self.resource.to_string(), Some(metric), name),
        };
        AccessAttributes {
            namespace: namespace.map(Namespace::to_string),
            verb: "get",
            group: GROUP,
            version: self.version.as_str(),
            resource,
            subresource,
            name: Some(name),
        }
    }
}

#[cfg(test)]
mod tests;
