//! Why there is no answer: the one place that picks codes and words.

use crate::ids::{GroupResource, MetricName, ObjectName};

/// Every way a request can end without values.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// No such path under the served groups.
    UnknownPath,
    /// A path of the right length that names nothing.
    InvalidPath,
    /// A query parameter or path that cannot be read.
    BadRequest {
        message: String,
    },
    MethodNotAllowed,
    /// The metric is not offered for the resource, or its query cannot be made.
    NoMetric {
        metric: MetricName,
        resource: GroupResource,
        why: String,
    },
    /// The named object has no value.
    NoValue {
        metric: MetricName,
        resource: GroupResource,
        name: ObjectName,
        why: String,
    },
    /// Objects match, but none has a value.
    NoValues {
        metric: MetricName,
        resource: GroupResource,
        why: String,
    },
    /// The objects of a `*` request cannot be listed.
    CannotList {
        why: String,
    },
    /// The watch of the objects has not caught up; an empty list would be a lie.
    ObjectsNotReady {
        why: String,
    },
    /// Prometheus failed.
    Backend {
        why: String,
    },
    Unauthorized {
        why: String,
    },
    Forbidden(Box<Forbidden>),
    /// The answer was not ready within the budget.
    Timeout {
        why: String,
    },
    TooManyRequests,
    Internal {
        why: String,
    },
}

/// A denied access, with what the message must name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Forbidden {
    Resource {
        user: String,
        access: crate::path::AccessAttributes,
        why: String,
    },
    Path {
        user: String,
        path: String,
        why: String,
    },
}

impl Reason {
    /// HTTP status.
    pub fn code(&self) -> u16 {
        todo!()
    }
    /// `metav1.StatusReason`.
    pub fn reason(&self) -> &'static str {
        todo!()
    }
    /// A closed set of words for metric labels and logs.
    pub fn label(&self) -> &'static str {
        todo!()
    }
    /// Upstream's wording first, ours after `: `.
    pub fn message(&self) -> String {
        todo!()
    }
}
