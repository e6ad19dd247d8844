//! URL path and query → request. Total: every input gives a request or a reason.
//!
//! The routes are those of the custom metrics API, read as Kubernetes reads paths: decoded as a whole, then
//! split, so that an escaped `/` separates.

mod encoding;

use crate::{
    Reason,
    access::AccessAttributes,
    api::{Group, GroupVersion},
    ids::{GroupResource, InvalidName, MetricName, Namespace, ObjectName},
    selector::Selector,
};

/// What a URL asks for. Health, version and OpenAPI paths belong to the edge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// `/apis`
    Apis,
    /// `/apis/{group}`
    Group(Group),
    /// `/apis/{group}/{version}`
    ResourceList(GroupVersion),
    CustomMetric(Box<CustomMetric>),
    ExternalMetric(Box<ExternalMetric>),
    ResourceMetric(Box<ResourceMetric>),
}

/// `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{ns}/{metric}`
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExternalMetric {
    /// Never a wildcard: `*` is looked for as it stands.
    pub namespace: Namespace,
    pub metric: MetricName,
    /// Selects series.
    pub selector: Selector,
}

/// A read below `/apis/metrics.k8s.io/v1beta1`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResourceMetric {
    pub kind: UsageOf,
    /// One object; none for a list.
    pub name: Option<ObjectName>,
    /// Selects objects of a list.
    pub label_selector: Selector,
}

/// What uses resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UsageOf {
    Nodes,
    /// In one namespace, or in all.
    Pods(Option<Namespace>),
}

/// A read of one metric.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomMetric {
    pub version: GroupVersion,
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
            ["apis", group] => {
                return Group::parse(group)
                    .map(Self::Group)
                    .ok_or(Reason::UnknownPath);
            }
            ["apis", group, version, rest @ ..] => (
                GroupVersion::parse(group, version).ok_or(Reason::UnknownPath)?,
                rest,
            ),
            _ => return Err(Reason::UnknownPath),
        };
        let (version, rest) = rest;
        if rest.is_empty() {
            return Ok(Self::ResourceList(version));
        }
        match version.group() {
            Group::Custom => {
                metric(version, rest, query).map(|metric| Self::CustomMetric(Box::new(metric)))
            }
            Group::External | Group::Resource => Err(Reason::UnknownPath),
        }
    }
}

fn metric(version: GroupVersion, segments: &[&str], query: &str) -> Result<CustomMetric, Reason> {
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
            group: self.version.group().name(),
            version: self.version.version(),
            resource,
            subresource,
            name: Some(name),
        }
    }
}

#[cfg(test)]
mod tests;
