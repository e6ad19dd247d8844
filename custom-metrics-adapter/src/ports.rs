//! What edges ask of each other. An edge calls a port; only `runtime.rs` knows who stands behind.

use std::collections::BTreeMap;
use std::time::Duration;

use custom_metrics_core::Reason;
use custom_metrics_core::access::AccessAttributes;
use custom_metrics_core::answer::Answer;
use custom_metrics_core::external;
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::{CustomMetric, ExternalMetric, Options, ResourceMetric};
use custom_metrics_core::registry::Series;
use custom_metrics_core::resources::Resource;
use custom_metrics_core::sample::{Evaluation, Sample};
use custom_metrics_core::selector::Selector;
use custom_metrics_core::usage::{NodeUsage, PodUsage};
use futures_util::future::BoxFuture;

pub use custom_metrics_core::usage::LabelledObject;

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

/// An object of the cluster, as far as a custom metric is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub name: ObjectName,
    /// Tells an object from its successor of the same name.
    pub uid: Box<str>,
}

/// Which objects a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// At most one.
    Named(&'a ObjectName),
    Matching(&'a Selector),
}

/// Why there is no list, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListFailure {
    /// A watch has not caught up, or is interrupted for too long: a missing object would be a false
    /// answer. Worth asking again soon.
    #[error("{0}")]
    NotReady(String),
    /// kube-apiserver refuses, is away, or has no such list.
    #[error("{0}")]
    Failed(String),
}

/// The objects that exist now.
pub trait Objects: Send + Sync {
    /// Objects of any kind that match, whatever their phase, sorted by namespace and name.
    /// Without a namespace: all of a kind at the root, or in all namespaces.
    fn list<'a>(
        &'a self,
        resource: &'a Resource,
        namespace: Option<&'a Namespace>,
        selector: &'a Selector,
    ) -> BoxFuture<'a, Result<Vec<Object>, ListFailure>>;

    /// Pods in phase `Running`, of one namespace or of all, sorted by namespace and name.
    fn running_pods<'a>(
        &'a self,
        namespace: Option<&'a Namespace>,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>>;

    /// Nodes, sorted by name.
    fn nodes<'a>(
        &'a self,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>>;
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
    fn evaluate<'a>(
        &'a self,
        promql: &'a str,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Evaluation, QueryFailure>>;

    /// [`evaluate`](Self::evaluate) where nothing but a vector will do.
    fn instant<'a>(
        &'a self,
        promql: &'a str,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Vec<Sample>, QueryFailure>> {
        Box::pin(async move {
            let evaluation = self.evaluate(promql, deadline).await?;
            let vector = evaluation.vector();
            let vector = vector.map_err(|error| QueryFailure::Failed(error.to_string()))?;
            Ok(vector.to_vec())
        })
    }

    /// Names of the series that match `selector` and, when asked for, their label names.
    fn series<'a>(
        &'a self,
        selector: &'a str,
        lookback: Duration,
        with_labels: bool,
    ) -> BoxFuture<'a, Result<Vec<Series>, QueryFailure>>;
}

/// Usage of the objects that were asked for, in their order; those of which it is not known are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Usage {
    Nodes(Vec<NodeUsage>),
    Pods(Vec<PodUsage>),
}

/// Answers reads of metrics: values, or the reason why there are none.
pub trait Engine: Send + Sync {
    fn custom<'a>(
        &'a self,
        request: &'a CustomMetric,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<Answer, Reason>>;

    fn external<'a>(
        &'a self,
        request: &'a ExternalMetric,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<external::Answer, Reason>>;

    /// Exactly one object where one was asked for by name.
    fn usage<'a>(
        &'a self,
        request: &'a ResourceMetric,
        options: &'a Options,
    ) -> BoxFuture<'a, Result<Usage, Reason>>;
}
