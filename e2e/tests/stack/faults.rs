//! A part that is missing is an error with its reason. It is never a 0, and it never scales anybody down.

use anyhow::{Result, ensure};
use e2e::cluster::Cluster;
use e2e::names::{APP_NAMESPACE, MONITORING_NAMESPACE, PROMETHEUS, WORKLOAD};
use e2e::stress::Load;
use e2e::wait::{self, SOON};
use e2e::{harness, metric, pods, scale};
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;

/// Little enough for one pod, and so steady that a 0 is a lie at any moment.
const LOAD: Load = Load {
    job: "e2e-stress-faults",
    rate: 5,
    seconds: 300,
};

/// By hand, and more than the load needs: only an HPA that believes in a low number takes them away.
const REPLICAS: i32 = 3;

#[tokio::test]
async fn without_prometheus_there_is_an_error_and_the_pods_stay() -> Result<()> {
    let story = async |cluster: &Cluster| {
        scale::until_exactly(cluster, 1).await?;
        LOAD.start(cluster).await?;
        wait::poll("a number above 0", SOON, async || above_zero(cluster).await).await?;

        scale::set(cluster, MONITORING_NAMESPACE, PROMETHEUS, 0).await?;
        errors_and_never_a_zero(cluster).await?;
        scale::until_active(cluster, false).await?;
        pods_stay(cluster).await?;

        scale::set(cluster, MONITORING_NAMESPACE, PROMETHEUS, 1).await?;
        wait::poll("numbers again", SOON, async || above_zero(cluster).await).await?;
        scale::until_active(cluster, true).await?;
        Ok(())
    };
    let undo = async |cluster: &Cluster| {
        scale::set(cluster, MONITORING_NAMESPACE, PROMETHEUS, 1).await?;
        scale::set(cluster, APP_NAMESPACE, WORKLOAD, 1).await?;
        scale::until_exactly(cluster, 1).await?;
        wait::poll("numbers for the next test", SOON, async || {
            above_zero(cluster).await
        })
        .await?;
        LOAD.remove(cluster).await
    };
    harness::on_stack_then(story, undo).await
}

/// Every ready pod has a number, and each is above 0.
async fn above_zero(cluster: &Cluster) -> Result<()> {
    let ready = pods::ready_workload(cluster).await?;
    let values = metric::values(&metric::get(cluster, APP_NAMESPACE, "*", "").await?)?;
    ensure!(
        ready
            .iter()
            .all(|pod| values.get(pod).is_some_and(|value| *value > 0)),
        "ready {ready:?}, values {values:?}"
    );
    Ok(())
}

/// Asks until there is an error, and looks at every answer on the way.
async fn errors_and_never_a_zero(cluster: &Cluster) -> Result<()> {
    wait::poll("an error instead of a number", SOON, async || {
        let answer = metric::get(cluster, APP_NAMESPACE, "*", "").await?;
        if answer.status.is_success() {
            let values = metric::values(&answer)?;
            assert!(
                values.values().all(|value| *value > 0),
                "a 0 that nobody measured: {values:?}"
            );
            ensure!(false, "still {values:?}");
        }
        let status = answer.refusal()?;
        let refused = metric::reason(&status, "Internal error occurred: unable to fetch metrics");
        // Nobody refuses a connection while the pod's address is still known and its port is closed already.
        let unanswered = metric::reason(
            &status,
            "Timeout: request did not complete within the allotted timeout",
        );
        assert!(status.code >= 500, "{status:?}");
        refused.or(unanswered)?;
        Ok(())
    })
    .await
}

/// Sets the count by hand and lets the HPA controller look at it twice.
async fn pods_stay(cluster: &Cluster) -> Result<()> {
    let deployments: Api<Deployment> = cluster.namespaced(APP_NAMESPACE);
    scale::set(cluster, APP_NAMESPACE, WORKLOAD, REPLICAS.unsigned_abs()).await?;
    scale::until_exactly(cluster, REPLICAS).await?;
    let seen = scale::syncs_without_metric(cluster).await?;
    wait::poll("two more looks of the HPA controller", SOON, async || {
        let now = scale::syncs_without_metric(cluster).await?;
        ensure!(now >= seen + 2, "{seen} before, {now} now");
        Ok(())
    })
    .await?;
    let replicas = deployments
        .get(WORKLOAD)
        .await?
        .spec
        .and_then(|spec| spec.replicas);
    assert_eq!(replicas, Some(REPLICAS), "the HPA scaled without a number");
    Ok(())
}
