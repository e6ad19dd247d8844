//! Why there is no answer: the one place that picks codes and words.
//!
//! prometheus-adapter's wording comes first, because people and tools know it; our own
//! reason follows after `: `.

use crate::{
    access::AccessAttributes,
    api::Group,
    ids::{GroupResource, MetricName, ObjectName},
    negotiate::Refused,
};

/// Every way a request can end without values.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Reason {
    /// No such path under the served groups.
    #[error("the server could not find the requested resource")]
    UnknownPath,
    /// A path of the right length that names nothing.
    #[error("invalid request path")]
    InvalidPath,
    /// A path or query parameter that cannot be read.
    #[error("{message}")]
    BadRequest { message: String },
    #[error("the server does not allow this method on the requested resource")]
    MethodNotAllowed,
    /// Metrics other than custom ones cannot be watched.
    #[error("watch is not supported on resources of kind \"{kind}.{}\"", group.name())]
    WatchNotSupported {
        group: Group,
        /// `*` for external metrics, else `pods` or `nodes`.
        kind: &'static str,
    },
    /// No form of the answer suits the client.
    #[error(transparent)]
    NotAcceptable(#[from] Refused),
    /// The metric is not offered for the resource, no object matches, or its query cannot be made.
    #[error("the server could not find the metric {metric} for {resource}: {why}")]
    NoMetric {
        metric: MetricName,
        resource: GroupResource,
        why: String,
    },
    /// The named object has no value.
    #[error("the server could not find the metric {metric} for {resource} {name}: {why}")]
    NoValue {
        metric: MetricName,
        resource: GroupResource,
        name: ObjectName,
        why: String,
    },
    /// Objects match, but none has a value. Upstream answers an empty list; for an HPA both are an error,
    /// and this one says why.
    #[error("the server could not find the metric {metric} for {resource}: {why}")]
    NoValues {
        metric: MetricName,
        resource: GroupResource,
        why: String,
    },
    /// A pod or node that does not run, or whose usage is not known.
    #[error("{} {name:?} not found: {why}", qualified(kind, *group))]
    NoObject {
        /// As upstream names it: `pods`, `node`, `podmetrics`, `nodemetrics`.
        kind: &'static str,
        /// None for the core group.
        group: Option<Group>,
        /// `namespace/name` for `podmetrics`, else the name.
        name: String,
        why: String,
    },
    /// The objects of a `*` request cannot be listed.
    #[error("Internal error occurred: unable to list matching resources: {why}")]
    CannotList { why: String },
    /// The watch of the objects has not caught up; an empty list would be a lie.
    #[error("the objects to describe are not known yet: {why}")]
    ObjectsNotReady { why: String },
    /// Prometheus failed, or answered something else than a complete vector.
    #[error("Internal error occurred: unable to fetch metrics: {why}")]
    Backend { why: String },
    /// The query of an external metric yields neither a vector nor a scalar.
    #[error("{what}: {why}")]
    UnexpectedResult {
        /// In upstream's words.
        what: &'static str,
        why: String,
    },
    /// Who asks is not known. What exactly is wrong is for the log, not for the stranger.
    #[error("Unauthorized")]
    Unauthorized,
    #[error("{0}")]
    Forbidden(Box<Forbidden>),
    /// The answer was not ready within its budget.
    #[error("Timeout: request did not complete within the allotted timeout: {why}")]
    Timeout { why: String },
    #[error("Too many requests, please try again later.")]
    TooManyRequests,
    #[error("Internal error occurred: {why}")]
    Internal { why: String },
}

fn qualified(kind: &str, group: Option<Group>) -> String {
    group.map_or_else(
        || kind.to_owned(),
        |group| format!("{kind}.{}", group.name()),
    )
}

/// A denied access; `why` is the authorizer's own reason and may be empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Forbidden {
    Resource {
        user: String,
        access: AccessAttributes,
        why: String,
    },
    Path {
        user: String,
        path: String,
        why: String,
    },
}

impl std::fmt::Display for Forbidden {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let why = match self {
            Self::Resource { user, access, why } => {
                let AccessAttributes {
                    namespace,
                    verb,
                    group,
                    resource,
                    subresource,
                    name,
                    version: _,
                } = access;
                write!(out, "{resource}.{group} ")?;
                if let Some(name) = name {
                    write!(out, "{name:?} ")?;
                }
                write!(
                    out,
                    "is forbidden: User {user:?} cannot {verb} resource \"{resource}"
                )?;
                if let Some(subresource) = subresource {
                    write!(out, "/{subresource}")?;
                }
                write!(out, "\" in API group {group:?} ")?;
                match namespace {
                    Some(namespace) => write!(out, "in the namespace {namespace:?}")?,
                    None => write!(out, "at the cluster scope")?,
                }
                why
            }
            Self::Path { user, path, why } => {
                write!(out, "forbidden: User {user:?} cannot get path {path:?}")?;
                why
            }
        };
        if why.is_empty() {
            Ok(())
        } else {
            write!(out, ": {why}")
        }
    }
}

impl Reason {
    /// HTTP status, reason of the `metav1.Status`, and the word for metric labels and logs.
    fn class(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::UnknownPath => (404, "NotFound", "unknown_path"),
            Self::InvalidPath => (400, "BadRequest", "invalid_path"),
            Self::BadRequest { .. } => (400, "BadRequest", "bad_request"),
            Self::MethodNotAllowed => (405, "MethodNotAllowed", "method_not_allowed"),
            Self::NotAcceptable(Refused::IncludeObject(_)) => (400, "BadRequest", "bad_table"),
            Self::NotAcceptable(_) => (406, "NotAcceptable", "not_acceptable"),
            Self::WatchNotSupported { .. } => (405, "MethodNotAllowed", "watch_not_supported"),
            Self::NoObject { .. } => (404, "NotFound", "no_object"),
            // Upstream gives this one no reason.
            Self::UnexpectedResult { .. } => (500, "", "unexpected_result"),
            Self::NoMetric { .. } => (404, "NotFound", "no_metric"),
            Self::NoValue { .. } => (404, "NotFound", "no_value"),
            Self::NoValues { .. } => (404, "NotFound", "no_values"),
            Self::CannotList { .. } => (500, "InternalError", "cannot_list"),
            Self::ObjectsNotReady { .. } => (503, "ServiceUnavailable", "objects_not_ready"),
            Self::Backend { .. } => (500, "InternalError", "backend"),
            Self::Unauthorized => (401, "Unauthorized", "unauthorized"),
            Self::Forbidden(_) => (403, "Forbidden", "forbidden"),
            Self::Timeout { .. } => (504, "Timeout", "timeout"),
            Self::TooManyRequests => (429, "TooManyRequests", "too_many_requests"),
            Self::Internal { .. } => (500, "InternalError", "internal"),
        }
    }

    /// HTTP status.
    pub fn code(&self) -> u16 {
        self.class().0
    }

    /// `reason` of the `metav1.Status`; empty where it has none.
    pub fn reason(&self) -> &'static str {
        self.class().1
    }

    /// One word of a closed set, for metric labels and logs.
    pub fn label(&self) -> &'static str {
        self.class().2
    }

    /// What the client reads: upstream's wording, then ours.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn metric() -> (MetricName, GroupResource) {
        (MetricName::new("m").unwrap(), GroupResource::parse("pods"))
    }

    fn text(why: &str) -> String {
        why.to_owned()
    }

    /// Makes a new variant a compile error here.
    fn known(reason: &Reason) {
        match reason {
            Reason::UnknownPath
            | Reason::InvalidPath
            | Reason::BadRequest { .. }
            | Reason::MethodNotAllowed
            | Reason::WatchNotSupported { .. }
            | Reason::NoObject { .. }
            | Reason::UnexpectedResult { .. }
            | Reason::NotAcceptable(_)
            | Reason::NoMetric { .. }
            | Reason::NoValue { .. }
            | Reason::NoValues { .. }
            | Reason::CannotList { .. }
            | Reason::ObjectsNotReady { .. }
            | Reason::Backend { .. }
            | Reason::Unauthorized
            | Reason::Forbidden(_)
            | Reason::Timeout { .. }
            | Reason::TooManyRequests
            | Reason::Internal { .. } => {}
        }
    }

    /// One of each.
    fn every_reason() -> Vec<Reason> {
        let (metric, resource) = metric();
        let name = ObjectName::new("pod-a").unwrap();
        let why = text("why");
        let path = Forbidden::Path {
            user: text("u"),
            path: text("/apis"),
            why: why.clone(),
        };
        let all = vec![
            Reason::UnknownPath,
            Reason::InvalidPath,
            Reason::BadRequest {
                message: text("message"),
            },
            Reason::MethodNotAllowed,
            Refused::Transform.into(),
            Reason::WatchNotSupported {
                group: Group::External,
                kind: "*",
            },
            Reason::NoObject {
                kind: "podmetrics",
                group: Some(Group::Resource),
                name: text("default/pod-c"),
                why: why.clone(),
            },
            Reason::UnexpectedResult {
                what: "encountered an unexpected query result type",
                why: why.clone(),
            },
            Reason::NoMetric {
                metric: metric.clone(),
                resource: resource.clone(),
                why: why.clone(),
            },
            Reason::NoValue {
                metric: metric.clone(),
                resource: resource.clone(),
                name,
                why: why.clone(),
            },
            Reason::NoValues {
                metric,
                resource,
                why: why.clone(),
            },
            Reason::CannotList { why: why.clone() },
            Reason::ObjectsNotReady { why: why.clone() },
            Reason::Backend { why: why.clone() },
            Reason::Unauthorized,
            Reason::Forbidden(Box::new(path)),
            Reason::Timeout { why: why.clone() },
            Reason::TooManyRequests,
            Reason::Internal { why },
        ];
        all.iter().for_each(known);
        all
    }

    #[test]
    fn every_reason_has_its_code_its_class_and_its_words() {
        let table: Vec<_> = every_reason()
            .iter()
            .map(|reason| {
                format!(
                    "{} {} | {} | {}",
                    reason.code(),
                    reason.reason(),
                    reason.label(),
                    reason
                )
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"), @r#"
        404 NotFound | unknown_path | the server could not find the requested resource
        400 BadRequest | invalid_path | invalid request path
        400 BadRequest | bad_request | message
        405 MethodNotAllowed | method_not_allowed | the server does not allow this method on the requested resource
        406 NotAcceptable | not_acceptable | only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf
        405 MethodNotAllowed | watch_not_supported | watch is not supported on resources of kind "*.external.metrics.k8s.io"
        404 NotFound | no_object | podmetrics.metrics.k8s.io "default/pod-c" not found: why
        500  | unexpected_result | encountered an unexpected query result type: why
        404 NotFound | no_metric | the server could not find the metric m for pods: why
        404 NotFound | no_value | the server could not find the metric m for pods pod-a: why
        404 NotFound | no_values | the server could not find the metric m for pods: why
        500 InternalError | cannot_list | Internal error occurred: unable to list matching resources: why
        503 ServiceUnavailable | objects_not_ready | the objects to describe are not known yet: why
        500 InternalError | backend | Internal error occurred: unable to fetch metrics: why
        401 Unauthorized | unauthorized | Unauthorized
        403 Forbidden | forbidden | forbidden: User "u" cannot get path "/apis": why
        504 Timeout | timeout | Timeout: request did not complete within the allotted timeout: why
        429 TooManyRequests | too_many_requests | Too many requests, please try again later.
        500 InternalError | internal | Internal error occurred: why
        "#);
    }

    #[test]
    fn labels_are_unique() {
        let all = every_reason();
        let labels: BTreeSet<_> = all.iter().map(Reason::label).collect();
        assert_eq!(labels.len(), all.len());
    }
}
