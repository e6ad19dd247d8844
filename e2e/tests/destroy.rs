//! What `destroy.sh` promises: nothing of the stack is left, whatever state it was in.
//! Each test deploys first, so they may run alone and in any order.

use anyhow::{Context as _, Result};
use e2e::cluster::Cluster;
use e2e::names::{ADAPTER, ADAPTER_NAMESPACE, MONITORING_NAMESPACE};
use e2e::wait::{self, SOON};
use e2e::{harness, inventory, namespace, scripts};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

#[tokio::test]
async fn destroy_takes_all_that_is_ours_and_nothing_of_others() -> Result<()> {
    let story = async |cluster: &Cluster| {
        scripts::deploy(cluster).await?;
        let theirs: Api<ConfigMap> = cluster.namespaced(MONITORING_NAMESPACE);
        let note = ConfigMap {
            metadata: ObjectMeta {
                name: Some("not-ours".to_owned()),
                labels: Some(namespace::labels()),
                ..ObjectMeta::default()
            },
            ..ConfigMap::default()
        };
        theirs.create(&PostParams::default(), &note).await?;

        destroyed(cluster).await?;
        theirs
            .get("not-ours")
            .await
            .context("what is not ours was taken away")?;
        assert_eq!(our_namespaces(cluster).await?, [MONITORING_NAMESPACE]);

        let again = scripts::destroy(cluster).await?;
        assert_eq!(again.code, Some(0));
        assert!(
            again.says("nothing to remove"),
            "the second destroy does not say so"
        );
        theirs
            .get("not-ours")
            .await
            .context("what is not ours was taken away")?;
        Ok(())
    };
    let undo = async |cluster: &Cluster| {
        let namespaces: Api<Namespace> = cluster.all();
        namespaces
            .delete(MONITORING_NAMESPACE, &DeleteParams::default())
            .await?;
        wait::gone(&namespaces, MONITORING_NAMESPACE, SOON).await
    };
    harness::on_cluster_then(story, undo).await
}

#[tokio::test]
async fn destroy_leaves_nothing_of_a_stack_whose_adapter_is_gone() -> Result<()> {
    let story = async |cluster: &Cluster| {
        scripts::deploy(cluster).await?;
        let deployments: Api<Deployment> = cluster.namespaced(ADAPTER_NAMESPACE);
        deployments
            .delete(ADAPTER, &DeleteParams::foreground())
            .await?;
        wait::gone(&deployments, ADAPTER, SOON).await?;

        destroyed(cluster).await?;
        assert_eq!(our_namespaces(cluster).await?, Vec::<String>::new());
        Ok(())
    };
    harness::on_cluster_then(story, async |_| Ok(())).await
}

async fn destroyed(cluster: &Cluster) -> Result<()> {
    let finished = scripts::destroy(cluster).await?;
    assert_eq!(finished.code, Some(0));
    assert!(
        finished.says("leftovers: 0"),
        "destroy.sh does not prove that nothing is left"
    );

    let left: Vec<String> = inventory::take(cluster).await?.into_keys().collect();
    assert_eq!(left, Vec::<String>::new(), "by label");
    assert_eq!(by_name(cluster).await?, Vec::<String>::new(), "by name");
    Ok(())
}

/// What a lost label would hide from a scan by label.
async fn by_name(cluster: &Cluster) -> Result<Vec<String>> {
    let mut left = names(&cluster.all::<APIService>()).await?;
    left.retain(|name| name.ends_with(".custom.metrics.k8s.io"));
    for mut names in [
        names(&cluster.all::<ClusterRole>()).await?,
        names(&cluster.all::<ClusterRoleBinding>()).await?,
        names(&cluster.namespaced::<RoleBinding>("kube-system")).await?,
    ] {
        names.retain(|name| name.starts_with("custom-metrics-"));
        left.append(&mut names);
    }
    Ok(left)
}

async fn our_namespaces(cluster: &Cluster) -> Result<Vec<String>> {
    let mut found = names(&cluster.all::<Namespace>()).await?;
    found.retain(|name| [ADAPTER_NAMESPACE, MONITORING_NAMESPACE].contains(&name.as_str()));
    Ok(found)
}

async fn names<K>(api: &Api<K>) -> Result<Vec<String>>
where
    K: Resource + Clone + std::fmt::Debug + DeserializeOwned,
{
    let objects = api.list(&ListParams::default()).await?;
    Ok(objects.iter().map(ResourceExt::name_any).collect())
}
