//! URL path and query → request. Total: every input gives a request or a reason.
//!
//! Paths are read as Kubernetes reads them: decoded as a whole, then split, so that an escaped `/`
//! separates.

mod custom;
mod encoding;
mod external;
mod fields;
mod go_duration;
mod parameters;
mod resource;

use crate::{
    Reason,
    api::{Group, GroupVersion},
    ids::{GroupResource, InvalidName, MetricName, Namespace, ObjectName},
    selector::Selector,
};

pub use fields::FieldSelector;
pub use parameters::Options;

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

/// A request and how it wants to be answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    pub request: Request,
    pub options: Options,
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

impl Call {
    /// `path` is the raw, percent-encoded path; `query` the raw query without `?`, empty if there is none.
    pub fn parse(path: &str, query: &str) -> Result<Self, Reason> {
        let path = encoding::decode(path)?;
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (version, rest) = match segments.as_slice() {
            ["apis"] => return Self::discovery(Request::Apis, query),
            ["apis", group] => {
                let group = Group::parse(group).ok_or(Reason::UnknownPath)?;
                return Self::discovery(Request::Group(group), query);
            }
            ["apis", group, version, rest @ ..] => (
                GroupVersion::parse(group, version).ok_or(Reason::UnknownPath)?,
                rest,
            ),
            _ => return Err(Reason::UnknownPath),
        };
        if rest.is_empty() {
            return Self::discovery(Request::ResourceList(version), query);
        }
        let (request, options) = match version.group() {
            Group::Custom => {
                let (metric, options) = custom::parse(version, rest, query)?;
                (Request::CustomMetric(Box::new(metric)), options)
            }
            Group::External => {
                let (metric, options) = external::parse(rest, query)?;
                (Request::ExternalMetric(Box::new(metric)), options)
            }
            Group::Resource => {
                let (metric, options) = resource::parse(rest, query)?;
                (Request::ResourceMetric(Box::new(metric)), options)
            }
        };
        Ok(Self { request, options })
    }

    /// Discovery takes no parameter but the two that every request takes.
    fn discovery(request: Request, query: &str) -> Result<Self, Reason> {
        let options = parameters::Parameters::parse(query).general()?;
        Ok(Self { request, options })
    }
}

impl Request {
    /// [`Call::parse`] without the options.
    pub fn parse(path: &str, query: &str) -> Result<Self, Reason> {
        Call::parse(path, query).map(|call| call.request)
    }

    /// The group it belongs to; none for `/apis`.
    pub fn group(&self) -> Option<Group> {
        match self {
            Self::Apis => None,
            Self::Group(group) => Some(*group),
            Self::ResourceList(version) => Some(version.group()),
            Self::CustomMetric(_) => Some(Group::Custom),
            Self::ExternalMetric(_) => Some(Group::External),
            Self::ResourceMetric(_) => Some(Group::Resource),
        }
    }
}

impl CustomMetric {
    /// The namespace the described objects live in; none at the root and for metrics of namespaces.
    pub fn namespace(&self) -> Option<&Namespace> {
        match &self.scope {
            Scope::Namespaced(namespace) => Some(namespace),
            Scope::Root | Scope::NamespaceMetric(_) => None,
        }
    }
}

/// The decoded segments of a path, as the access review and the routes see them.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    let path = encoding::decode(path).ok()?;
    Some(
        path.trim_matches('/')
            .split('/')
            .map(str::to_owned)
            .collect(),
    )
}

/// What a list's parameters say, as far as they can be read.
pub(crate) fn list_options(query: &str) -> Options {
    let parameters = parameters::Parameters::parse(query);
    parameters.list().unwrap_or_else(|_| Options {
        watch: parameters.flag("watch"),
        ..Options::default()
    })
}

/// What cannot be a name is no path.
fn unnamed(_: InvalidName) -> Reason {
    Reason::UnknownPath
}

#[cfg(test)]
mod tests;
