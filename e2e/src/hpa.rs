//! What the HPA controller made of a metric.

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::metric::{Milli, milli};
use crate::wait::{self, LATER};

/// The controller's own: a ratio this near to 1 changes nothing.
const TOLERANCE: f64 = 0.1;

/// One look of the controller that ended in a decision.
#[derive(Debug)]
pub struct Look {
    pub current: i32,
    pub desired: i32,
    /// As the status writes them, one per metric of the specification.
    pub numbers: Vec<Value>,
}

/// The status of an HPA that is active and has a number for each of its metrics.
pub fn look(hpa: &HorizontalPodAutoscaler) -> Result<Look> {
    let status = hpa.status.as_ref().context("no status yet")?;
    let conditions = status.conditions.iter().flatten();
    let active = conditions
        .into_iter()
        .find(|is| is.type_ == "ScalingActive")
        .context("no condition yet")?;
    ensure!(
        active.status == "True",
        "ScalingActive is {}: {}",
        active.status,
        active.message.as_deref().unwrap_or_default()
    );
    let wanted = hpa.spec.as_ref().and_then(|spec| spec.metrics.as_ref());
    let wanted = wanted.map_or(0, Vec::len);
    let numbers = status.current_metrics.iter().flatten().map(number);
    let numbers = numbers.collect::<Result<Vec<Value>>>()?;
    ensure!(
        numbers.len() == wanted,
        "{wanted} metrics have the numbers {numbers:?}"
    );
    Ok(Look {
        current: status.current_replicas.unwrap_or(0),
        desired: status.desired_replicas,
        numbers,
    })
}

/// `current` of one metric's status, with at least one number in it.
fn number(metric: &k8s_openapi::api::autoscaling::v2::MetricStatus) -> Result<Value> {
    let metric = serde_json::to_value(metric)?;
    let parts = metric.as_object().context("a status is an object")?;
    let current = parts
        .values()
        .find_map(|part| part.get("current"))
        .with_context(|| format!("no number in {metric}"))?;
    let known = ["averageUtilization", "averageValue", "value"];
    ensure!(
        known.iter().any(|key| current.get(key).is_some()),
        "no number in {metric}"
    );
    Ok(current.clone())
}

/// Waits until an HPA has a number for each of its metrics.
pub async fn until_active(cluster: &Cluster, namespace: &str, name: &str) -> Result<()> {
    let what = format!("HPA {name} to be active");
    until(cluster, namespace, name, &what, |_| Ok(())).await
}

/// Waits until an HPA has decided on exactly so many pods and has them.
pub async fn until_exactly(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    replicas: i32,
) -> Result<()> {
    let what = format!("HPA {name} to settle at {replicas}");
    until(cluster, namespace, name, &what, |look| {
        ensure!(
            (look.current, look.desired) == (replicas, replicas),
            "{look:?}"
        );
        Ok(())
    })
    .await
}

/// Waits until an HPA by CPU has decided on more than one pod, and on as many as its own number asks for. `target` is
/// the average per pod in thousandths of a core. Real CPU never stands still, so it is a decision that is looked at and
/// not an equilibrium; those of the moments when new pods are not counted yet come and go.
pub async fn until_decided_by_cpu(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    target: Milli,
    most: i32,
) -> Result<()> {
    let what = format!("HPA {name} to decide by its CPU");
    until(cluster, namespace, name, &what, |look| {
        let number = look.numbers.first().context("no number")?;
        let average = milli(&number["averageValue"]).with_context(|| format!("{number}"))?;
        let asked = asked_for(look.current, average, target).min(most);
        ensure!(
            look.desired > 1 && asked == look.desired,
            "{look:?}, where {average}m of {target}m per pod ask for {asked}"
        );
        Ok(())
    })
    .await
}

async fn until(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    what: &str,
    condition: impl Fn(&Look) -> Result<()>,
) -> Result<()> {
    let hpas: Api<HorizontalPodAutoscaler> = cluster.namespaced(namespace);
    wait::watch(&hpas, name, what, LATER, |hpa| {
        condition(&look(&hpa.context("there is no such HPA")?)?)
    })
    .await
}

/// The controller's arithmetic: pods × average / target, rounded up, unless it is near enough.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts of pods and thousandths of cores are small"
)]
fn asked_for(replicas: i32, average: Milli, target: Milli) -> i32 {
    let ratio = average as f64 / target as f64;
    if (1.0 - TOLERANCE..=1.0 + TOLERANCE).contains(&ratio) {
        return replicas;
    }
    (f64::from(replicas) * ratio).ceil() as i32
}

/// What the controller complained of in a namespace so far, one line an event.
pub async fn warnings(cluster: &Cluster, namespace: &str) -> Result<Vec<String>> {
    let events: Api<Event> = cluster.namespaced(namespace);
    let about = "type=Warning,involvedObject.kind=HorizontalPodAutoscaler";
    let found = events.list(&ListParams::default().fields(about)).await?;
    let lines = found.iter().map(|event| {
        format!(
            "{} {} x{}: {}",
            event.involved_object.name.as_deref().unwrap_or_default(),
            event.reason.as_deref().unwrap_or_default(),
            event.count.unwrap_or(1),
            event.message.as_deref().unwrap_or_default()
        )
    });
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    #[test]
    fn the_arithmetic_is_the_controllers() {
        assert_eq!(asked_for(1, 100, 20), 5);
        assert_eq!(asked_for(4, 15, 20), 3);
        assert_eq!(asked_for(4, 22, 20), 4, "within the tolerance");
        assert_eq!(asked_for(4, 23, 20), 5);
    }
}
