//! What edges ask of each other. An edge calls a port; only `runtime.rs` knows who stands behind.

use std::collections::BTreeMap;
use std::time::Duration;

use custom_metrics_core::Reason;
use custom_metrics_core::access::AccessAttributes;
use custom_metrics_core::answer::Answer;
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::CustomMetric;
use custom_metrics_core::registry::Series;
use custom_metrics_core::sample::Sample;
use custom_metrics_core::selector::Selector;
use futures_util::future::BoxFuture;

/// Somebody whose identity was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
    /// Attribute → values, keys in lower case.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What somebody wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    Resource(AccessAttributes),
    /// A path that is no resource, such as `/apis`.
    Path(String),
}

/// kube-apiserver's word on an [`Access`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    Denied { why: String },
}

/// The question could not be asked; nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Who may read what.
pub trait Authorize: Send + Sync {
    fn authorize<'a>(
        &'a self,
        user: &'a User,
        access: &'a Access,
    ) -> BoxFuture<'a, Result<Decision, Unavailable>>;
}

/// An object of the cluster, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub name: ObjectName,
    /// Tells an object from its successor of the same name.
    pub uid: Box<str>,
}

/// The objects that exist now.
pub trait Objects: Send + Sync {
    /// Pods of a namespace that match, sorted by name, whatever their phase.
    ///
    /// # Errors
    /// When the watch cannot vouch for the list: a missing pod would be a false answer.
    fn pods(&self, namespace: &Namespace, selector: &Selector) -> Result<Vec<Object>, Unavailable>;
}

/// Why Prometheus gave no usable answer, in words for people, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryFailure {
    /// Not answered in time.
    #[error("{0}")]
    Timeout(String),
    #[error("{0}")]
    Failed(String),
}

/// Where numbers come from.
pub trait Backend: Send + Sync {
    /// Evaluates `promql` now, within `deadline`.
    fn instant<'a>(
        &'a self,
        promql: &'a str,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Vec<Sample>, QueryFailure>>;

    /// Names of the series that match `selector` and, when asked for, their label names.
    fn series<'a>(
        &'a self,
        selector: &'a str,
        lookback: Duration,
        with_labels: bool,
    ) -> BoxFuture<'a, Result<Vec<Series>, QueryFailure>>;
}

/// Answers reads of metrics.
pub trait Engine: Send + Sync {
    /// The values, or the reason why there are none.
    fn answer<'a>(&'a self, request: &'a CustomMetric) -> BoxFuture<'a, Result<Answer, Reason>>;
}
