//! Values of a metric.

use axum::body::Body;
use custom_metrics_core::Reason;
use custom_metrics_core::negotiate::Endpoint;
use custom_metrics_core::path::CustomMetric;
use custom_metrics_core::wire;
use http::Response;

use crate::http::encode::Reply;
use crate::ports::Engine;

/// # Errors
/// The reason why there are no values.
pub async fn respond(
    engine: &dyn Engine,
    metric: &CustomMetric,
    reply: &Reply<'_>,
) -> Result<Response<Body>, Reason> {
    let form = reply.form(Endpoint::Values)?;
    let answer = engine.answer(metric).await?;
    let list = wire::metric_values(&answer, metric.version);
    Ok(reply.object(form, &*list))
}
