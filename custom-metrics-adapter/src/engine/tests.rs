use std::collections::BTreeMap;
use std::sync::Mutex;

use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::{Call, Request};
use custom_metrics_core::registry::Series;
use custom_metrics_core::resources::{Resource, ResourceMap};
use custom_metrics_core::sample::Sample;
use custom_metrics_core::selector::Selector;

use super::*;
use crate::ports::{LabelledObject, Object, Which};

const BUDGET: Duration = Duration::from_secs(1);
const RULES: &str = "
rules:
- seriesQuery: jobs
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: jobs{<<.LabelMatchers>>}
externalRules: [{seriesQuery: queue, resources: {namespaced: false}, metricsQuery: 'queue{<<.LabelMatchers>>}'}]
resourceRules:
  cpu: &rule
    containerQuery: usage{<<.LabelMatchers>>}
    nodeQuery: usage{<<.LabelMatchers>>}
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, node: {resource: node}}}
    containerLabel: container
  memory: *rule
";

/// A cluster of two nodes and three pods, or one whose lists fail, and a Prometheus.
#[derive(Default)]
struct World {
    list_failure: Option<ListFailure>,
    /// Pods and nodes that Prometheus knows nothing of.
    silent: Vec<&'static str>,
    /// Prometheus never answers.
    hangs: bool,
    /// Lists never end.
    lists_hang: bool,
    asked: Mutex<Vec<String>>,
}

/// Those of `all`, as (namespace, name), that are wanted; each has its name for a label.
fn objects(all: &[(&str, &str)], which: Which<'_>) -> Vec<LabelledObject> {
    let labels = |name: &str| BTreeMap::from([("name".to_owned(), name.to_owned())]);
    let wanted = |name: &str| match which {
        Which::Named(wanted) => wanted.as_str() == name,
        Which::Matching(selector) => selector.matches(&labels(name)),
    };
    let chosen = all.iter().filter(|(_, name)| wanted(name));
    chosen
        .map(|(namespace, name)| LabelledObject {
            namespace: Namespace::new(*namespace).ok(),
            name: ObjectName::new(*name).unwrap(),
            labels: labels(name),
        })
        .collect()
}

impl World {
    async fn listed<T>(&self, list: T) -> Result<T, ListFailure> {
        if self.lists_hang {
            std::future::pending::<()>().await;
        }
        self.list_failure.clone().map_or(Ok(list), Err)
    }
}

impl Objects for World {
    fn list<'a>(
        &'a self,
        _: &'a Resource,
        _: Option<&'a Namespace>,
        _: &'a Selector,
    ) -> BoxFuture<'a, Result<Vec<Object>, ListFailure>> {
        let object = |name: &str| Object {
            name: ObjectName::new(name).unwrap(),
            uid: "uid".into(),
        };
        let objects = ["pod1", "pod2"].map(object).into();
        self.listed(objects).boxed()
    }

    fn running_pods<'a>(
        &'a self,
        namespace: Option<&'a Namespace>,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>> {
        let all = [("other", "pod1"), ("test", "pod1"), ("test", "pod2")];
        let mut pods = objects(&all, which);
        pods.retain(|pod| namespace.is_none() || pod.namespace.as_ref() == namespace);
        self.listed(pods).boxed()
    }

    fn nodes<'a>(
        &'a self,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>> {
        let nodes = objects(&[("", "node1"), ("", "node2")], which);
        self.listed(nodes).boxed()
    }
}

impl Backend for World {
    fn evaluate<'a>(
        &'a self,
        promql: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<Evaluation, QueryFailure>> {
        self.asked.lock().unwrap().push(promql.to_owned());
        let sample = |label: &str, name: &str| Sample {
            labels: [label, "container"]
                .map(|label| (label.to_owned(), name.to_owned()))
                .into(),
            value: 1.0,
            time: 1_700_000_000.0,
        };
        let objects = [
            ("pod", "pod1"),
            ("pod", "pod2"),
            ("node", "node1"),
            ("node", "node2"),
        ];
        let known = objects
            .iter()
            .filter(|(_, name)| !self.silent.contains(name));
        let vector = known.map(|(label, name)| sample(label, name)).collect();
        let hangs = self.hangs;
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(Evaluation::Vector(vector))
        }
        .boxed()
    }

    fn series<'a>(
        &'a self,
        _: &'a str,
        _: Duration,
        _: bool,
    ) -> BoxFuture<'a, Result<Vec<Series>, QueryFailure>> {
        unreachable!("reads ask for no series")
    }
}

fn engine(world: World) -> (Arc<World>, OnDemand) {
    let world = Arc::new(world);
    let rules = crate::rules::parse(RULES).unwrap();
    let store = Store::new(rules, ResourceMap::builtin(), 1).unwrap();
    let engine = OnDemand::new(
        Arc::new(store),
        Arc::clone(&world) as _,
        Arc::clone(&world) as _,
        BUDGET,
        Arc::new(Metrics::new()),
    );
    (world, engine)
}

/// Names of what is told, or code and message.
async fn read(engine: &OnDemand, path: &str) -> Result<String, (u16, String)> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Call { request, options } = Call::parse(&format!("/apis/{path}"), query).unwrap();
    let told = match request {
        Request::CustomMetric(metric) => {
            let answer = engine.custom(&metric, &options).await;
            answer.map(|answer| {
                answer
                    .values
                    .iter()
                    .map(|(name, _)| name.to_string())
                    .collect()
            })
        }
        Request::ExternalMetric(metric) => {
            let answer = engine.external(&metric, &options).await;
            answer.map(|answer| {
                answer
                    .values
                    .iter()
                    .map(|one| one.value.to_string())
                    .collect()
            })
        }
        Request::ResourceMetric(metric) => {
            let usage = engine.usage(&metric, &options).await;
            usage.map(|usage| match usage {
                Usage::Nodes(nodes) => nodes.iter().map(|node| node.name.to_string()).collect(),
                Usage::Pods(pods) => pods
                    .iter()
                    .map(|pod| format!("{}/{}", pod.namespace, pod.name))
                    .collect(),
            })
        }
        other => panic!("no read: {other:?}"),
    };
    told.map(|told: Vec<String>| told.join(" "))
        .map_err(|reason| (reason.code(), reason.message()))
}

const METRICS: &str = "metrics.k8s.io/v1beta1";

/// Rows of metrics-server's `pkg/api/{node,pod}_test.go`.
#[tokio::test]
async fn usage_is_told_of_what_is_selected() {
    let (_, engine) = engine(World::default());
    for (path, expected) in [
        ("nodes", "node1 node2"),
        ("nodes?labelSelector=name%3Dnode1", "node1"),
        ("nodes?fieldSelector=metadata.name%3Dnode2", "node2"),
        (
            "nodes?labelSelector=name%3Dnode1&fieldSelector=metadata.name%3Dnode2",
            "",
        ),
        ("nodes/node1", "node1"),
        ("pods", "other/pod1 test/pod1 test/pod2"),
        ("namespaces/test/pods", "test/pod1 test/pod2"),
        ("namespaces/nowhere/pods", ""),
        ("pods?labelSelector=name%3Dpod1", "other/pod1 test/pod1"),
        (
            "pods?fieldSelector=metadata.namespace%3Dtest",
            "test/pod1 test/pod2",
        ),
        (
            "pods?labelSelector=name%3Dpod1&fieldSelector=metadata.namespace%3Dtest",
            "test/pod1",
        ),
        ("pods?labelSelector=name%3Dnobody", ""),
        ("namespaces/test/pods/pod2", "test/pod2"),
    ] {
        let told = read(&engine, &format!("{METRICS}/{path}")).await;
        assert_eq!(told.as_deref(), Ok(expected), "{path}");
    }
}

#[tokio::test]
async fn usage_that_is_not_known_is_left_out_of_a_list_and_an_error_alone() {
    let (_, engine) = engine(World {
        silent: vec!["pod2", "node1"],
        ..World::default()
    });
    let list = read(&engine, &format!("{METRICS}/namespaces/test/pods")).await;
    assert_eq!(list.as_deref(), Ok("test/pod1"));
    let pod = read(&engine, &format!("{METRICS}/namespaces/test/pods/pod2")).await;
    let message = r#"podmetrics.metrics.k8s.io "test/pod2" not found: the cpu query returned no sample for it"#;
    assert_eq!(pod, Err((404, message.to_owned())));
    let node = read(&engine, &format!("{METRICS}/nodes/node1")).await;
    let message =
        r#"nodemetrics.metrics.k8s.io "node1" not found: the cpu query returned no sample for it"#;
    assert_eq!(node, Err((404, message.to_owned())));
    let nobody = read(&engine, &format!("{METRICS}/nodes/nobody")).await;
    assert_eq!(nobody.unwrap_err().0, 404);
}

#[tokio::test]
async fn each_namespace_is_asked_about_once_for_cpu_and_once_for_memory() {
    let (world, engine) = engine(World::default());
    read(&engine, &format!("{METRICS}/pods")).await.unwrap();
    let mut asked = world.asked.lock().unwrap().clone();
    asked.sort();
    // cpu and memory have the same query here, and an answer is there at once.
    let (other, test) = (
        r#"usage{namespace="other",pod="pod1"}"#,
        r#"usage{namespace="test",pod=~"pod1|pod2"}"#,
    );
    assert_eq!(asked, [other, other, test, test]);
}

const CUSTOM: &str = "custom.metrics.k8s.io/v1beta1/namespaces/test/pods/*/jobs";

#[tokio::test]
async fn objects_that_cannot_be_listed_are_an_error_and_never_none() {
    let not_ready = ListFailure::NotReady("the watch has not caught up".to_owned());
    let failed = ListFailure::Failed("forbidden".to_owned());
    for (failure, code) in [(not_ready, 503), (failed, 500)] {
        let (world, engine) = engine(World {
            list_failure: Some(failure),
            ..World::default()
        });
        for path in [
            CUSTOM,
            "metrics.k8s.io/v1beta1/nodes",
            "metrics.k8s.io/v1beta1/pods",
        ] {
            assert_eq!(read(&engine, path).await.unwrap_err().0, code, "{path}");
        }
        assert_eq!(*world.asked.lock().unwrap(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn no_reader_waits_longer_than_the_budget_or_its_own_patience() {
    let worlds = [
        World {
            hangs: true,
            ..World::default()
        },
        World {
            lists_hang: true,
            ..World::default()
        },
    ];
    for (world, who) in worlds.into_iter().zip(["Prometheus", "kube-apiserver"]) {
        let (_, engine) = engine(world);
        for (query, waited) in [
            ("", "1s"),
            ("?timeout=300ms", "300ms"),
            ("?timeout=1h", "1s"),
        ] {
            let begun = Instant::now();
            let late = read(&engine, &format!("{CUSTOM}{query}")).await;
            let message = format!(
                "Timeout: request did not complete within the allotted timeout: {who} gave no answer within {waited}"
            );
            assert_eq!(late, Err((504, message)));
            let patience = humantime::parse_duration(waited).unwrap();
            assert_eq!(begun.elapsed().as_millis(), patience.as_millis());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_impatient_reader_does_not_end_the_question_of_a_patient_one() {
    let (world, engine) = engine(World {
        hangs: true,
        ..World::default()
    });
    let external = "external.metrics.k8s.io/v1beta1/namespaces/any/queue";
    let impatient = format!("{external}?timeout=10ms");
    let (one, two) = tokio::join!(read(&engine, &impatient), read(&engine, external));
    let waited = |late: Result<String, (u16, String)>| late.unwrap_err().1;
    assert!(waited(one).ends_with("within 10ms"));
    assert!(waited(two).ends_with("within 1s"));
    assert_eq!(world.asked.lock().unwrap().len(), 1);
}
