//! Values of a metric, and usage of resources.

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::negotiate::Endpoint;
use custom_metrics_core::path::{CustomMetric, ExternalMetric, Options, ResourceMetric};
use custom_metrics_core::wire;
use http::Response;
use jiff::Timestamp;

use crate::http::encode::Reply;
use crate::ports::{Engine, Usage};

/// # Errors
/// The reason why there are no values.
pub async fn custom(
    engine: &dyn Engine,
    metric: &CustomMetric,
    options: &Options,
    reply: &Reply<'_>,
) -> Result<Response<Body>, Reason> {
    let form = reply.form(Endpoint::Values)?;
    let answer = engine.custom(metric, options).await?;
    let list = wire::metric_values(&answer, metric.version);
    Ok(reply.object(form, &*list))
}

/// # Errors
/// The reason why there are no values.
pub async fn external(
    engine: &dyn Engine,
    metric: &ExternalMetric,
    options: &Options,
    reply: &Reply<'_>,
) -> Result<Response<Body>, Reason> {
    let form = reply.form(Endpoint::ExternalValues)?;
    let answer = engine.external(metric, options).await?;
    Ok(reply.object(form, &*wire::external_values(&answer)))
}

/// # Errors
/// The reason why the usage is not known.
pub async fn usage(
    engine: &dyn Engine,
    metric: &ResourceMetric,
    options: &Options,
    reply: &Reply<'_>,
) -> Result<Response<Body>, Reason> {
    let one = metric.name.is_some();
    let form = reply.form(Endpoint::Usage { list: !one })?;
    let usage = engine.usage(metric, options).await?;
    let (now, shape) = (Timestamp::now(), form.shape);
    let document = match &usage {
        Usage::Pods(pods) => match pods.as_slice() {
            [pod] if one => wire::pod_metrics(pod, now, shape),
            pods => wire::pod_metrics_list(pods, now, shape),
        },
        Usage::Nodes(nodes) => match nodes.as_slice() {
            [node] if one => wire::node_metrics(node, now, shape),
            nodes => wire::node_metrics_list(nodes, now, shape),
        },
    };
    Ok(reply.object(form, &*document))
}
