//! Counts of pods, by hand and by the autoscaler.

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;

use crate::cluster::Cluster;
use crate::names::{APP_NAMESPACE, HPA, WORKLOAD};
use crate::wait::{self, LATER, SOON};

/// Sets the count of a Deployment, as `kubectl scale` does.
pub async fn set(cluster: &Cluster, namespace: &str, name: &str, replicas: u32) -> Result<()> {
    let deployments: Api<Deployment> = cluster.namespaced(namespace);
    let scale = Patch::Merge(json!({"spec": {"replicas": replicas}}));
    deployments
        .patch_scale(name, &PatchParams::default(), &scale)
        .await
        .with_context(|| format!("scale {namespace}/{name} to {replicas}"))?;
    Ok(())
}

/// Waits until the application has exactly so many pods, all of them ready.
pub async fn until_exactly(cluster: &Cluster, replicas: i32) -> Result<()> {
    let what = format!("{WORKLOAD} to have {replicas} ready pods");
    let deployments: Api<Deployment> = cluster.namespaced(APP_NAMESPACE);
    wait::watch(&deployments, WORKLOAD, &what, LATER, |deployment| {
        let deployment = deployment.context("there is no such Deployment")?;
        let wanted = deployment.spec.and_then(|spec| spec.replicas).unwrap_or(1);
        let status = deployment.status.unwrap_or_default();
        let (all, ready) = (
            status.replicas.unwrap_or(0),
            status.ready_replicas.unwrap_or(0),
        );
        ensure!(
            (wanted, all, ready) == (replicas, replicas, replicas),
            "{wanted} wanted, {all} there, {ready} ready"
        );
        Ok(())
    })
    .await
}

/// Waits until the application has at least so many ready pods; gives the number seen.
pub async fn until_at_least(cluster: &Cluster, replicas: i32) -> Result<i32> {
    let what = format!("at least {replicas} ready pods of {WORKLOAD}");
    let deployments: Api<Deployment> = cluster.namespaced(APP_NAMESPACE);
    wait::watch(&deployments, WORKLOAD, &what, LATER, |deployment| {
        let status = deployment
            .and_then(|deployment| deployment.status)
            .unwrap_or_default();
        let ready = status.ready_replicas.unwrap_or(0);
        ensure!(ready >= replicas, "{ready} are ready");
        Ok(ready)
    })
    .await
}

/// Waits until the HPA's condition `ScalingActive` is so.
pub async fn until_active(cluster: &Cluster, active: bool) -> Result<HorizontalPodAutoscaler> {
    let wanted = if active { "True" } else { "False" };
    let hpas: Api<HorizontalPodAutoscaler> = cluster.namespaced(APP_NAMESPACE);
    wait::watch(
        &hpas,
        HPA,
        &format!("ScalingActive={wanted}"),
        SOON,
        |hpa| {
            let hpa = hpa.context("there is no such HPA")?;
            let conditions = hpa
                .status
                .iter()
                .flat_map(|status| status.conditions.iter().flatten());
            let condition = conditions
                .into_iter()
                .find(|is| is.type_ == "ScalingActive")
                .context("no condition yet")?;
            ensure!(
                condition.status == wanted,
                "it is {}: {}",
                condition.status,
                condition.message.as_deref().unwrap_or_default()
            );
            Ok(hpa)
        },
    )
    .await
}

/// How often the HPA controller has said so far that it got no metric: once per sync of 15 s.
pub async fn syncs_without_metric(cluster: &Cluster) -> Result<i32> {
    let hpas: Api<HorizontalPodAutoscaler> = cluster.namespaced(APP_NAMESPACE);
    let uid = hpas
        .get(HPA)
        .await?
        .metadata
        .uid
        .context("an object has a uid")?;
    let events: Api<Event> = cluster.namespaced(APP_NAMESPACE);
    let about = format!("involvedObject.uid={uid},reason=FailedGetPodsMetric");
    let found = events.list(&ListParams::default().fields(&about)).await?;
    Ok(found.iter().map(|event| event.count.unwrap_or(1)).sum())
}
