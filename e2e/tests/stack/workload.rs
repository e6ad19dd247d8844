use anyhow::{Context as _, Result};
use e2e::answer::Answer;
use e2e::cluster::Cluster;
use e2e::names::{APP_NAMESPACE, WORKLOAD_PORT};
use e2e::{harness, pods};
use http::StatusCode;

#[tokio::test]
async fn requests_are_counted_but_probes_and_scrapes_are_not() -> Result<()> {
    const REQUESTS: f64 = 3.0;
    harness::on_stack(async |cluster| {
        let pod = pods::ready_workload(cluster)
            .await?
            .pop()
            .context("the workload has no pod")?;
        let before = counters(cluster, &pod).await?;
        for path in ["/", "/health", "/metrics", "/", "/health", "/metrics", "/"] {
            ask(cluster, &pod, path).await?.text()?;
        }
        let after = counters(cluster, &pod).await?;

        let sum = |counters: &[(String, f64)], part: &str| -> f64 {
            counters
                .iter()
                .filter(|(labels, _)| labels.contains(part))
                .map(|(_, value)| value)
                .sum()
        };
        let grown = |part: &str| sum(&after, part) - sum(&before, part);
        assert!(
            (grown("path=\"/\"") - REQUESTS).abs() < 0.5,
            "{before:?} -> {after:?}"
        );
        // The kubelet's probes and Prometheus' scrapes went on meanwhile.
        assert!(
            (grown("") - REQUESTS).abs() < 0.5,
            "{before:?} -> {after:?}"
        );
        for uncounted in ["path=\"/health\"", "path=\"/metrics\""] {
            assert!(
                !after.iter().any(|(labels, _)| labels.contains(uncounted)),
                "{after:?}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn load_burns_as_long_as_it_is_told() -> Result<()> {
    harness::on_stack(async |cluster| {
        let pod = pods::ready_workload(cluster)
            .await?
            .pop()
            .context("the workload has no pod")?;
        let burnt = ask(cluster, &pod, "/load?ms=300").await?.json()?;
        assert!(
            burnt["elapsed_ms"]
                .as_u64()
                .is_some_and(|elapsed| elapsed >= 300),
            "{burnt}"
        );

        let refused = ask(cluster, &pod, "/load?ms=soon").await?;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
        assert!(
            refused.body.contains("soon"),
            "{} does not name the value",
            refused.body
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn health_and_data_are_json() -> Result<()> {
    harness::on_stack(async |cluster| {
        let pod = pods::ready_workload(cluster)
            .await?
            .pop()
            .context("the workload has no pod")?;
        let health = ask(cluster, &pod, "/health").await?.json()?;
        assert_eq!(health, serde_json::json!({"status": "healthy"}));
        let data = ask(cluster, &pod, "/api/data").await?.json()?;
        assert!(data.is_object(), "{data}");
        Ok(())
    })
    .await
}

async fn ask(cluster: &Cluster, pod: &str, path: &str) -> Result<Answer> {
    cluster
        .get_from_pod(APP_NAMESPACE, pod, WORKLOAD_PORT, path)
        .await
}

/// Labels and value of each series of `http_requests_total`.
async fn counters(cluster: &Cluster, pod: &str) -> Result<Vec<(String, f64)>> {
    let exposition = ask(cluster, pod, "/metrics").await?;
    let series = exposition
        .text()?
        .lines()
        .filter(|line| line.starts_with("http_requests_total{"));
    series
        .map(|line| {
            let (labels, value) = line
                .rsplit_once(' ')
                .with_context(|| format!("{line:?} has no value"))?;
            Ok((labels.to_owned(), value.parse()?))
        })
        .collect()
}
