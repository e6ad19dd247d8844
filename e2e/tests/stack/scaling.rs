//! The main job: load comes, pods come; load goes, pods go; and not one request is lost on the way.

use anyhow::{Result, ensure};
use e2e::cluster::Cluster;
use e2e::stress::Load;
use e2e::wait::{self, SOON};
use e2e::{harness, pods, prometheus, scale};

/// The load of `k8s/stress-test.yaml`, for long enough that the HPA has seen a whole window of it.
const LOAD: Load = Load {
    job: "stress",
    rate: 100,
    seconds: 90,
};

/// Goes on while pods are taken away, and until that has been looked at. Too little to keep a second pod
/// (target 10 per pod), and enough to hit the nine that end, which share its requests until kube-proxy has
/// heard of their end.
const TAIL: Load = Load {
    job: "e2e-stress-tail",
    rate: 8,
    seconds: 800,
};

#[tokio::test]
async fn pods_follow_the_load_up_and_down_and_no_request_is_lost() -> Result<()> {
    let story = async |cluster: &Cluster| {
        scale::until_exactly(cluster, 1).await?;
        TAIL.start(cluster).await?;
        LOAD.start(cluster).await?;
        scale::until_at_least(cluster, 9).await?;
        every_pod_gets_requests(cluster).await?;
        let report = LOAD.report(cluster).await?;
        assert_eq!(report.count("failed")?, 0, "{report:?}");
        assert_eq!(report.count("dropped")?, 0, "{report:?}");
        assert_eq!(
            report.count("ok")?,
            u64::from(LOAD.rate * LOAD.seconds),
            "{report:?}"
        );

        scale::until_exactly(cluster, 1).await?;
        pods_taken_away_have_ended(cluster).await?;
        nothing_was_lost_meanwhile(cluster).await
    };
    let undo = async |cluster: &Cluster| {
        LOAD.remove(cluster).await?;
        TAIL.remove(cluster).await
    };
    harness::on_stack_then(story, undo).await
}

/// Of the ready pods, nine or more, none stands idle.
async fn every_pod_gets_requests(cluster: &Cluster) -> Result<()> {
    const RATES: &str = r#"sum by (pod) (rate(http_requests_total{path="/"}[30s]))"#;
    wait::poll("every ready pod to get requests", SOON, async || {
        let ready = pods::ready_workload(cluster).await?;
        let rates = prometheus::by_pod(cluster, RATES).await?;
        let gets_some = |pod: &String| rates.get(pod).is_some_and(|rate| *rate > 0.0);
        ensure!(ready.len() >= 9, "{ready:?} are ready");
        ensure!(
            ready.iter().all(gets_some),
            "ready {ready:?}, rates {rates:?}"
        );
        Ok(())
    })
    .await
}

/// A pod drains after the count no longer shows it.
async fn pods_taken_away_have_ended(cluster: &Cluster) -> Result<()> {
    wait::poll("the pods that were taken away to end", SOON, async || {
        let left = pods::workload(cluster).await?.len();
        ensure!(left == 1, "{left} are left");
        Ok(())
    })
    .await
}

/// Of all that the tail sent until the last pod was gone, each request has its answer.
async fn nothing_was_lost_meanwhile(cluster: &Cluster) -> Result<()> {
    let sent = TAIL.progress(cluster).await?.sent;
    let seen = wait::poll("an answer to every request of the tail", SOON, async || {
        let seen = TAIL.progress(cluster).await?;
        ensure!(
            seen.sent > sent && seen.in_flight == 0,
            "{sent} before, now {seen:?}"
        );
        Ok(seen)
    })
    .await?;
    assert_eq!((seen.failed, seen.dropped), (0, 0), "{seen:?}");
    assert_eq!(seen.ok, seen.sent, "{seen:?}");
    Ok(())
}
