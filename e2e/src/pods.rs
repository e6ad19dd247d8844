//! The pods of the stack, and pods like them that nobody measures.

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams};

use crate::cluster::Cluster;
use crate::names::{APP_NAMESPACE, WORKLOAD, WORKLOAD_SELECTOR};
use crate::namespace;
use crate::wait::{self, SOON};

/// Names of the application's pods that are ready and not on their way out, sorted.
pub async fn ready_workload(cluster: &Cluster) -> Result<Vec<String>> {
    let mut names: Vec<String> = workload(cluster)
        .await?
        .iter()
        .filter(|pod| is_ready(pod))
        .map(kube::ResourceExt::name_any)
        .collect();
    names.sort();
    Ok(names)
}

/// The application's pods, whatever their state.
pub async fn workload(cluster: &Cluster) -> Result<Vec<Pod>> {
    let pods: Api<Pod> = cluster.namespaced(APP_NAMESPACE);
    Ok(pods
        .list(&ListParams::default().labels(WORKLOAD_SELECTOR))
        .await?
        .items)
}

pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    pod.metadata.deletion_timestamp.is_none()
        && conditions
            .into_iter()
            .any(|is| is.type_ == "Ready" && is.status == "True")
}

/// Since when a pod has been ready, if it is.
pub fn ready_since(pod: &Pod) -> Option<Time> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let ready = conditions
        .iter()
        .find(|is| is.type_ == "Ready" && is.status == "True");
    ready?.last_transition_time.clone()
}

/// Starts a pod of the application that Prometheus does not scrape, and waits until it is ready:
/// the same in all but its labels, by which it is found. One of this name, of a killed run, is replaced.
pub async fn start_unmeasured(cluster: &Cluster, namespace: &str, name: &str) -> Result<()> {
    remove(cluster, namespace, name).await?;
    let deployments: Api<Deployment> = cluster.namespaced(APP_NAMESPACE);
    let deployment = deployments.get(WORKLOAD).await?;
    let spec = deployment
        .spec
        .and_then(|spec| spec.template.spec)
        .context("a Deployment has a template")?;
    let pods: Api<Pod> = cluster.namespaced(namespace);
    let twin = Pod {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(namespace::labels()),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: None,
    };
    pods.create(&PostParams::default(), &twin).await?;
    wait::watch(
        &pods,
        name,
        &format!("pod {name} to be ready"),
        SOON,
        |pod| {
            ensure!(
                pod.as_ref().is_some_and(is_ready),
                "its status is {:?}",
                pod.and_then(|pod| pod.status)
            );
            Ok(())
        },
    )
    .await
}

/// Ends a pod and waits until it is gone; harmless where there is none.
pub async fn remove(cluster: &Cluster, namespace: &str, name: &str) -> Result<()> {
    let pods: Api<Pod> = cluster.namespaced(namespace);
    match pods.delete(name, &DeleteParams::default()).await {
        Ok(_) => wait::gone(&pods, name, SOON).await,
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(failure) => Err(failure).with_context(|| format!("delete pod {name}")),
    }
}

/// The one pod that a selector finds, if it is ready.
pub async fn the_ready_one(cluster: &Cluster, namespace: &str, selector: &str) -> Result<Pod> {
    let pods: Api<Pod> = cluster.namespaced(namespace);
    let found = pods.list(&ListParams::default().labels(selector)).await?;
    found
        .items
        .into_iter()
        .find(is_ready)
        .with_context(|| format!("no pod {selector} of {namespace} is ready"))
}
