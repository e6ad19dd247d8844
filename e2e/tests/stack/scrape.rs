use anyhow::{Result, ensure};
use e2e::names::WORKLOAD;
use e2e::wait::{self, SOON};
use e2e::{harness, pods, prometheus};

#[tokio::test]
async fn every_pod_of_the_workload_is_exactly_one_target_scraped_every_5_s() -> Result<()> {
    harness::on_stack(async |cluster| {
        // Discovery follows the pods with some seconds' delay.
        wait::poll("one healthy target per pod", SOON, async || {
            let names = pods::ready_workload(cluster).await?;
            let targets = prometheus::targets(cluster, WORKLOAD).await?;
            let mut scraped: Vec<&str> = targets.iter().map(|target| target.pod.as_str()).collect();
            scraped.sort_unstable();
            ensure!(scraped == names, "pods {names:?}, targets {targets:?}");
            ensure!(
                targets.iter().all(|target| target.health == "up"),
                "{targets:?}"
            );
            ensure!(
                targets
                    .iter()
                    .all(|target| target.job == WORKLOAD && target.interval == "5s"),
                "{targets:?}"
            );
            Ok(())
        })
        .await
    })
    .await
}
