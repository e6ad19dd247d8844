use anyhow::{Context as _, Result, ensure};
use e2e::cluster::Cluster;
use e2e::names::{API_SERVICE, APP_NAMESPACE, METRIC, MONITORING_NAMESPACE, WORKLOAD_SELECTOR};
use e2e::wait::{self, SOON};
use e2e::{harness, metric, namespace, pods, scale};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::core::Status;

#[tokio::test]
async fn the_api_service_is_available_and_its_answers_are_verified() -> Result<()> {
    harness::on_stack(async |cluster| {
        let services: Api<APIService> = cluster.all();
        let service = services.get(API_SERVICE).await?;
        let spec = service.spec.context("an APIService has a spec")?;
        assert!(
            spec.ca_bundle.is_some_and(|bundle| !bundle.0.is_empty()),
            "there is no caBundle"
        );
        assert_ne!(spec.insecure_skip_tls_verify, Some(true));

        let conditions = service
            .status
            .and_then(|status| status.conditions)
            .unwrap_or_default();
        let available = conditions
            .iter()
            .find(|is| is.type_ == "Available")
            .context("no condition Available")?;
        assert_eq!(available.status, "True", "{:?}", available.message);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn discovery_lists_the_metric() -> Result<()> {
    harness::on_stack(async |cluster| {
        let resources = cluster
            .get("/apis/custom.metrics.k8s.io/v1beta1")
            .await?
            .json()?;
        let wanted = format!("pods/{METRIC}");
        let all = resources["resources"]
            .as_array()
            .with_context(|| format!("no resources in {resources}"))?;
        let resource = all
            .iter()
            .find(|is| is["name"] == wanted.as_str())
            .with_context(|| format!("no {wanted} in {resources}"))?;
        assert_eq!(resource["namespaced"], true);
        assert_eq!(resource["kind"], "MetricValueList");
        assert_eq!(resource["verbs"], serde_json::json!(["get"]));

        // kube-apiserver asks for this document by itself, now and then; clients find the group only by it.
        wait::poll(
            "the group in the cluster's own discovery",
            SOON,
            async || {
                let groups = cluster.client.list_api_groups_aggregated().await?;
                let mut items = groups
                    .items
                    .iter()
                    .filter_map(|group| serde_json::to_value(group).ok());
                let group = items
                    .find(|group| group["metadata"]["name"] == "custom.metrics.k8s.io")
                    .context("it is not there")?;
                ensure!(
                    group["versions"][0]["freshness"] == "Current",
                    "it is stale: {group}"
                );
                Ok(())
            },
        )
        .await
    })
    .await
}

#[tokio::test]
async fn every_pod_of_the_workload_has_a_number() -> Result<()> {
    harness::on_stack(async |cluster| {
        let names = pods::ready_workload(cluster).await?;
        ensure!(!names.is_empty(), "the workload has no pod");
        let by_selector = format!("?labelSelector={}", WORKLOAD_SELECTOR.replace('=', "%3D"));

        let all = metric::values(&metric::get(cluster, APP_NAMESPACE, "*", "").await?)?;
        assert_eq!(
            all.keys().collect::<Vec<_>>(),
            names.iter().collect::<Vec<_>>()
        );
        let selected =
            metric::values(&metric::get(cluster, APP_NAMESPACE, "*", &by_selector).await?)?;
        assert_eq!(
            selected.keys().collect::<Vec<_>>(),
            names.iter().collect::<Vec<_>>()
        );
        for name in &names {
            let one = metric::values(&metric::get(cluster, APP_NAMESPACE, name, "").await?)?;
            assert_eq!(one.keys().collect::<Vec<_>>(), [name]);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_hpa_has_a_number() -> Result<()> {
    harness::on_stack(async |cluster| {
        let hpa = scale::until_active(cluster, true).await?;
        let seen = serde_json::to_value(hpa.status)?;
        metric::milli(&seen["currentMetrics"][0]["pods"]["current"]["averageValue"])
            .with_context(|| format!("status {seen}"))?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_metric_nobody_offers_is_not_found_and_the_answer_says_why() -> Result<()> {
    harness::on_stack(async |cluster| {
        let answer = cluster
            .get(&metric::path(APP_NAMESPACE, "*", "no_such_metric", ""))
            .await?;
        not_found_with_reason(
            &answer.refusal()?,
            "the server could not find the metric no_such_metric for pods",
        )
    })
    .await
}

#[tokio::test]
async fn a_pod_that_does_not_exist_is_not_found_and_the_answer_says_why() -> Result<()> {
    harness::on_stack(async |cluster| {
        let answer = metric::get(cluster, APP_NAMESPACE, "no-such-pod", "").await?;
        not_found_with_reason(
            &answer.refusal()?,
            &format!("the server could not find the metric {METRIC} for pods no-such-pod"),
        )
    })
    .await
}

#[tokio::test]
async fn a_selector_that_matches_no_pod_is_not_found() -> Result<()> {
    harness::on_stack(async |cluster| {
        let answer =
            metric::get(cluster, APP_NAMESPACE, "*", "?labelSelector=app%3Dnobody").await?;
        not_found_with_reason(
            &answer.refusal()?,
            &format!("the server could not find the metric {METRIC} for pods"),
        )
    })
    .await
}

fn not_found_with_reason(status: &Status, words: &str) -> Result<()> {
    assert_eq!(
        (status.code, status.reason.as_str()),
        (404, "NotFound"),
        "{status:?}"
    );
    metric::reason(status, words)?;
    Ok(())
}

#[tokio::test]
async fn a_pod_without_the_metric_is_left_out_and_never_zero() -> Result<()> {
    const UNMEASURED: &str = "e2e-unmeasured";
    let story = async |cluster: &Cluster| {
        pods::start_unmeasured(cluster, APP_NAMESPACE, UNMEASURED).await?;
        let all = metric::values(&metric::get(cluster, APP_NAMESPACE, "*", "").await?)?;
        assert!(!all.is_empty(), "the measured pods are left out too");
        assert!(!all.contains_key(UNMEASURED), "{all:?}");

        let answer = metric::get(cluster, APP_NAMESPACE, UNMEASURED, "").await?;
        let words = format!("the server could not find the metric {METRIC} for pods {UNMEASURED}");
        not_found_with_reason(&answer.refusal()?, &words)
    };
    let undo = async |cluster: &Cluster| pods::remove(cluster, APP_NAMESPACE, UNMEASURED).await;
    harness::on_stack_then(story, undo).await
}

#[tokio::test]
async fn a_namesake_in_another_namespace_does_not_inherit_the_value() -> Result<()> {
    let story = async |cluster: &Cluster| {
        let measured = pods::ready_workload(cluster)
            .await?
            .pop()
            .context("the workload has no pod")?;
        let elsewhere = namespace::create_temporary(cluster).await?;
        pods::start_unmeasured(cluster, &elsewhere, &measured).await?;
        metric::get(cluster, &elsewhere, &measured, "")
            .await?
            .refusal()?;
        nobody(&metric::get(cluster, &elsewhere, "*", "").await?)
    };
    harness::on_stack_then(story, namespace::remove_temporary).await
}

#[tokio::test]
async fn pods_of_other_programs_have_no_value() -> Result<()> {
    harness::on_stack(async |cluster| {
        nobody(&metric::get(cluster, MONITORING_NAMESPACE, "*", "").await?)
    })
    .await
}

/// Nobody listed, or a refusal; anything but a number.
fn nobody(answer: &e2e::answer::Answer) -> Result<()> {
    if answer.status.is_success() {
        assert_eq!(metric::values(answer)?.into_iter().collect::<Vec<_>>(), []);
    } else {
        answer.refusal()?;
    }
    Ok(())
}
