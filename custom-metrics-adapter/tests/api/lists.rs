//! Lists of anything but pods, asked of a fake kube-apiserver.

use std::time::Duration;

use custom_metrics_adapter::cluster::lists::Lists;
use custom_metrics_adapter::ports::ListFailure;
use custom_metrics_core::ids::{GroupResource, Namespace};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::selector::Selector;

use crate::cluster::Cluster;
use crate::replies::Reply;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";
/// Longer than any step here takes.
const BUDGET: Duration = Duration::from_secs(20);

async fn list(
    cluster: &Cluster,
    (resource, namespace, selector): (&str, Option<&str>, &str),
    budget: Duration,
) -> Result<Vec<String>, ListFailure> {
    let kinds = ResourceMap::builtin();
    let resource = kinds.resolve(&GroupResource::parse(resource)).unwrap();
    let namespace = namespace.map(|name| Namespace::new(name).unwrap());
    let selector = Selector::parse(selector).unwrap();
    let lists = Lists::new(cluster.client(), budget, 1);
    let listed = lists.list(resource, namespace.as_ref(), &selector).await?;
    let text =
        |object: custom_metrics_adapter::ports::Object| format!("{} {}", object.name, object.uid);
    Ok(listed.into_iter().map(text).collect())
}

/// Why deployments of `shop` cannot be listed while the fake says `reply`.
async fn failure(reply: Reply, budget: Duration) -> String {
    let cluster = Cluster::start().await;
    cluster.replies.set(DEPLOYMENTS, reply);
    let listed = list(&cluster, ("deployments", Some("shop"), ""), budget).await;
    let Err(ListFailure::Failed(why)) = listed else {
        panic!("{listed:?}");
    };
    why
}

#[tokio::test]
async fn metadata_of_the_selected_is_read_page_by_page() {
    let cluster = Cluster::start().await;
    let names = Reply::Names(&["a", "b", "c", "d", "e"]);
    cluster.replies.set(DEPLOYMENTS, names);
    let query = ("deployment.apps", Some("shop"), "tier in (b,a),app=x");
    let listed = list(&cluster, query, BUDGET).await.unwrap();
    assert_eq!(
        listed,
        ["a uid-a", "b uid-b", "c uid-c", "d uid-d", "e uid-e"]
    );
    let asked = cluster.replies.asked();
    let pages: Vec<_> = asked
        .iter()
        .map(|asked| asked.query.get("continue").cloned())
        .collect();
    assert_eq!(pages, [None, Some("2".to_owned()), Some("4".to_owned())]);
    for asked in asked {
        assert_eq!(asked.query["labelSelector"], "app=x,tier in (a,b)");
        assert_eq!(asked.query["limit"], "500");
        let accept = asked.headers["accept"].to_str().unwrap();
        assert!(accept.contains("as=PartialObjectMetadataList"), "{accept}");
    }
}

#[tokio::test]
async fn everything_is_asked_for_without_a_selector_and_at_the_root_without_a_namespace() {
    let cluster = Cluster::start().await;
    cluster
        .replies
        .set("/api/v1/namespaces", Reply::Names(&["default"]));
    let listed = list(&cluster, ("namespaces", None, ""), BUDGET)
        .await
        .unwrap();
    assert_eq!(listed, ["default uid-default"]);
    assert!(
        !cluster.replies.asked()[0]
            .query
            .contains_key("labelSelector")
    );
}

#[tokio::test]
async fn an_empty_list_is_no_failure() {
    let cluster = Cluster::start().await;
    cluster.replies.set(DEPLOYMENTS, Reply::Names(&[]));
    let listed = list(&cluster, ("deployments", Some("shop"), ""), BUDGET).await;
    assert_eq!(listed, Ok(Vec::new()));
}

#[tokio::test]
async fn a_refusal_is_handed_on_in_kube_apiservers_words() {
    let words = r#"deployments.apps is forbidden: User "adapter" cannot list resource "deployments" in API group "apps""#;
    assert_eq!(
        failure(Reply::Refuse(403, words), BUDGET).await,
        format!("cannot list deployments.apps: kube-apiserver answers 403: {words}")
    );
    let gone = "the server could not find the requested resource";
    assert_eq!(
        failure(Reply::Refuse(404, gone), BUDGET).await,
        format!("cannot list deployments.apps: kube-apiserver answers 404: {gone}")
    );
}

#[tokio::test]
async fn silence_is_borne_no_longer_than_the_budget() {
    assert_eq!(
        failure(Reply::Silence, Duration::from_millis(50)).await,
        "cannot list deployments.apps: kube-apiserver did not answer within 0.05 s"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_list_and_a_missing_server_are_failures() {
    let why = failure(Reply::Json(serde_json::json!([1])), BUDGET).await;
    assert!(
        why.starts_with("cannot list deployments.apps: kube-apiserver cannot be read: "),
        "{why}"
    );
    let mut nobody = Cluster::start().await;
    nobody.address = ([127, 0, 0, 1], 1).into();
    let listed = list(&nobody, ("deployments", Some("shop"), ""), BUDGET).await;
    let why = listed.unwrap_err().to_string();
    assert!(
        why.contains("kube-apiserver cannot be read: Connection refused"),
        "{why}"
    );
}

#[tokio::test]
async fn what_lives_in_no_namespace_is_not_looked_for_in_one() {
    let cluster = Cluster::start().await;
    let listed = list(&cluster, ("storageclasses", Some("shop"), ""), BUDGET).await;
    assert_eq!(
        listed.unwrap_err().to_string(),
        "cannot list storageclasses.storage.k8s.io in a namespace: they live in none"
    );
}
