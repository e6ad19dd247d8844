//! The same numbers through Kubernetes' own clients, by every release, encoding and protocol of discovery.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use e2e::clients::{self, Catalog, Question, Reading};
use e2e::cluster::Cluster;
use e2e::metric::milli;
use e2e::pods;
use e2e::wait::{self, SOON};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use serde_json::Value;

use crate::stage::SHOP;

/// What a value must be.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// In thousandths.
    Exactly(i64),
    /// Memory: whoever runs has some.
    Positive,
    /// CPU: of an idle container it may round to nothing.
    Present,
}

/// What an answer must hold, by its keys, and nothing else.
type Expected = BTreeMap<String, Wanted>;

/// Every endpoint, each release's clients, JSON and protobuf. `version` is the one of the custom metrics API that
/// discovery offers, and so the one that the clients choose.
pub(crate) async fn all_agree(cluster: &Cluster, version: &str) -> Result<()> {
    let asked = questions(cluster).await?;
    let list: Vec<Question> = asked.iter().map(|(question, _)| question.clone()).collect();
    for release in clients::VERSIONS {
        let report = clients::ask(release, &list).await?;
        ensure!(
            report.readings.len() == 2 * list.len(),
            "{} answers to {} questions in two encodings",
            report.readings.len(),
            list.len()
        );
        for reading in &report.readings {
            let (_, expected) = asked
                .iter()
                .find(|(question, _)| *question == reading.question)
                .context("an answer to a question that was not asked")?;
            is_as(reading, expected).with_context(|| {
                format!(
                    "Kubernetes {release}, {}, {:?}",
                    reading.encoding, reading.question
                )
            })?;
        }
        discovery_agrees(&report.discovery, version)
            .with_context(|| format!("discovery of Kubernetes {release}"))?;
    }
    Ok(())
}

fn is_as(reading: &Reading, expected: &Expected) -> Result<()> {
    let keys: Vec<&String> = reading.values.keys().collect();
    ensure!(
        keys == expected.keys().collect::<Vec<_>>(),
        "{:?} instead of {:?}",
        reading.values,
        expected.keys()
    );
    for (key, wanted) in expected {
        let text = &reading.values[key];
        let sound = match wanted {
            Wanted::Exactly(wanted) => milli(&Value::from(text.as_str()))? == *wanted,
            Wanted::Positive => text != "0" && !text.starts_with('-'),
            Wanted::Present => !text.starts_with('-'),
        };
        ensure!(sound, "{key} is {text}, not {wanted:?}");
    }
    Ok(())
}

async fn questions(cluster: &Cluster) -> Result<Vec<(Question, Expected)>> {
    let pods = names_of(cluster, "app=pods").await?;
    let share = 40_000 / i64::try_from(pods.len())?;
    let of_pods: Expected = pods
        .iter()
        .map(|pod| (format!("Pod {SHOP}/{pod}"), Wanted::Exactly(share)))
        .collect();
    let one = pods.first().context("no pod")?;
    let mut asked = vec![
        (custom("Pod", "", "work_items", "app=pods"), of_pods.clone()),
        (
            custom("Pod", "", "work_items", "app in (nobody,pods)"),
            of_pods,
        ),
        (
            custom("Pod", one, "work_items", ""),
            only(&format!("Pod {SHOP}/{one}"), share),
        ),
        (
            custom("Service", "checkout", "checkout_requests_open", ""),
            only(&format!("Service {SHOP}/checkout"), 60_000),
        ),
        (
            custom("Queue.shop.example.com", "orders", "orders_waiting", ""),
            only(&format!("Queue {SHOP}/orders"), 42_000),
        ),
        (
            Question {
                namespace: String::new(),
                ..custom("Namespace", SHOP, "baskets_open", "")
            },
            only(&format!("Namespace /{SHOP}"), 33_000),
        ),
        (
            external("queue_depth", ""),
            [("topic=mail", 20_000), ("topic=print", 30_000)]
                .map(|(key, value)| (key.to_owned(), Wanted::Exactly(value)))
                .into(),
        ),
        (
            external("queue_depth", "topic notin (mail)"),
            only("topic=print", 30_000),
        ),
        (
            external("site_visitors", "site=north"),
            only("__name__=visitors,site=north", 1500),
        ),
    ];
    asked.extend(measured(cluster).await?);
    Ok(asked)
}

/// Questions to metrics.k8s.io.
async fn measured(cluster: &Cluster) -> Result<Vec<(Question, Expected)>> {
    let pods = names_of(cluster, "app=steady").await?;
    let usage = |who: &str| {
        [
            (format!("{who} cpu"), Wanted::Present),
            (format!("{who} memory"), Wanted::Positive),
        ]
    };
    let of = |pods: &[String]| -> Expected {
        pods.iter()
            .flat_map(|pod| ["idle", "workload"].map(|each| format!("{SHOP}/{pod} {each}")))
            .flat_map(|container| usage(&container))
            .collect()
    };
    let one = pods.first().context("no pod")?;
    let nodes: Api<Node> = cluster.all();
    let nodes = nodes.list(&ListParams::default()).await?;
    let nodes: Vec<String> = nodes.iter().map(ResourceExt::name_any).collect();
    let node = nodes.first().context("no node")?;
    Ok(vec![
        (resources("pods", SHOP, "", "app=steady"), of(&pods)),
        (
            resources("pods", SHOP, one, ""),
            of(std::slice::from_ref(one)),
        ),
        (
            resources("nodes", "", "", ""),
            nodes.iter().flat_map(|node| usage(node)).collect(),
        ),
        (resources("nodes", "", node, ""), usage(node).into()),
    ])
}

fn custom(kind: &str, name: &str, metric: &str, selector: &str) -> Question {
    Question {
        api: "custom".to_owned(),
        namespace: SHOP.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        metric: metric.to_owned(),
        selector: selector.to_owned(),
        ..Question::default()
    }
}

fn external(metric: &str, selector: &str) -> Question {
    Question {
        api: "external".to_owned(),
        namespace: SHOP.to_owned(),
        metric: metric.to_owned(),
        selector: selector.to_owned(),
        ..Question::default()
    }
}

fn resources(api: &str, namespace: &str, name: &str, selector: &str) -> Question {
    Question {
        api: api.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        selector: selector.to_owned(),
        ..Question::default()
    }
}

fn only(key: &str, value: i64) -> Expected {
    [(key.to_owned(), Wanted::Exactly(value))].into()
}

/// Names of the running pods, once none is on its way in or out.
async fn names_of(cluster: &Cluster, selector: &str) -> Result<Vec<String>> {
    let api: Api<Pod> = cluster.namespaced(SHOP);
    let what = format!("pods {selector} to stand still");
    wait::poll(&what, SOON, async || {
        let found = api.list(&ListParams::default().labels(selector)).await?;
        ensure!(found.items.iter().all(pods::is_ready), "not all are ready");
        Ok(found.iter().map(ResourceExt::name_any).collect())
    })
    .await
}

/// Some of what discovery must list, by group version.
fn listed(version: &str) -> [(String, &'static [&'static str]); 3] {
    [
        (
            format!("custom.metrics.k8s.io/{version}"),
            &[
                "pods/work_items MetricValueList Namespaced get",
                "namespaces/baskets_open MetricValueList Cluster get",
                "services/checkout_requests_open MetricValueList Namespaced get",
                "queues.shop.example.com/orders_waiting MetricValueList Namespaced get",
            ],
        ),
        (
            "external.metrics.k8s.io/v1beta1".to_owned(),
            &[
                "queue_depth ExternalMetricValueList Namespaced get",
                "site_visitors ExternalMetricValueList Namespaced get",
            ],
        ),
        (
            "metrics.k8s.io/v1beta1".to_owned(),
            &[
                "nodes NodeMetrics Cluster get,list",
                "pods PodMetrics Namespaced get,list",
            ],
        ),
    ]
}

/// What words must mean to kubectl, whatever the metrics APIs list.
const MEANINGS: [(&str, &str); 9] = [
    ("pods", "/v1, Kind=Pod"),
    ("pod", "/v1, Kind=Pod"),
    ("services", "/v1, Kind=Service"),
    ("nodes", "/v1, Kind=Node"),
    ("deployments", "apps/v1, Kind=Deployment"),
    ("queues", "shop.example.com/v1, Kind=Queue"),
    ("queue", "shop.example.com/v1, Kind=Queue"),
    (
        "pods.metrics.k8s.io",
        "metrics.k8s.io/v1beta1, Kind=PodMetrics",
    ),
    (
        "nodes.metrics.k8s.io",
        "metrics.k8s.io/v1beta1, Kind=NodeMetrics",
    ),
];

/// Both protocols of discovery list the same, and no word of ours takes another's meaning.
fn discovery_agrees(catalogs: &[Catalog], version: &str) -> Result<()> {
    ensure!(catalogs.len() == 2, "{} protocols", catalogs.len());
    for catalog in catalogs {
        for (group, wanted) in &listed(version) {
            let resources = catalog.resources.get(group);
            let resources = resources.with_context(|| format!("no {group} in {catalog:?}"))?;
            let missing = wanted
                .iter()
                .find(|line| !resources.contains(&(**line).to_owned()));
            ensure!(
                missing.is_none(),
                "no {missing:?} (legacy: {}) in {resources:?}",
                catalog.legacy
            );
        }
        for (word, kind) in MEANINGS {
            let found = catalog.kinds.get(word).map(String::as_str);
            ensure!(found == Some(kind), "{word} means {found:?}, not {kind}");
        }
    }
    ensure!(
        catalogs[0].resources == catalogs[1].resources,
        "the protocols differ: {catalogs:?}"
    );
    Ok(())
}
