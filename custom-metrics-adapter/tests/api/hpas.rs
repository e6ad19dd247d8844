//! What `check` and `shadow` ask: a kube-apiserver with autoscalers, scales, pods and the answers of
//! the adapter in charge, and a Prometheus that computes nothing and knows every query by its text.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::harness::within;

/// Path → object, or the code of a Status.
type Objects = Arc<Mutex<BTreeMap<String, Result<Value, u16>>>>;
/// Part of a query → rows of (labels, value).
type Answers = Arc<Mutex<Vec<(String, Value)>>>;

/// A cluster and a Prometheus of its own.
pub(crate) struct Landscape {
    pub(crate) kubernetes: MockServer,
    pub(crate) prometheus: MockServer,
    objects: Objects,
    answers: Answers,
    names: Arc<Mutex<Vec<String>>>,
    directory: TempDir,
}

/// Serves objects by path, whatever the query.
struct FakeApiServer(Objects);

impl Respond for FakeApiServer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().replace("%2A", "*");
        match self.0.lock().unwrap().get(&path) {
            Some(Ok(object)) => ResponseTemplate::new(200).set_body_json(object),
            Some(Err(code)) => refusal(*code, &path),
            None => refusal(404, &path),
        }
    }
}

fn refusal(code: u16, path: &str) -> ResponseTemplate {
    let (reason, words) = match code {
        403 => ("Forbidden", "is forbidden"),
        _ => ("NotFound", "not found"),
    };
    ResponseTemplate::new(code).set_body_json(json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "reason": reason, "message": format!("{path} {words}"), "code": code,
    }))
}

/// Answers a query with the rows of the first text it contains, and with nothing otherwise.
struct FakePrometheus {
    answers: Answers,
    names: Arc<Mutex<Vec<String>>>,
}

impl Respond for FakePrometheus {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let data = match request.url.path() {
            "/api/v1/query" => {
                let query = request.url.query_pairs().find(|(key, _)| key == "query");
                let query = query.map(|(_, text)| text.into_owned()).unwrap_or_default();
                let answers = self.answers.lock().unwrap();
                let found = answers
                    .iter()
                    .find(|(part, _)| query.contains(part.as_str()));
                let rows = found.map_or_else(|| json!([]), |(_, rows)| rows.clone());
                json!({"resultType": "vector", "result": rows})
            }
            "/api/v1/labels" => json!(["__name__", "namespace", "pod"]),
            _ => json!(*self.names.lock().unwrap()),
        };
        ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data}))
    }
}

/// Rows of a vector, one for each pod.
pub(crate) fn pods(values: &[(&str, &str)]) -> Value {
    let row = |(pod, value): &(&str, &str)| json!({"metric": {"pod": pod}, "value": [1_795_309_136.5, value]});
    values.iter().map(row).collect()
}

impl Landscape {
    /// An HPA `shop/web` on 10 requests per second and pod, two ready pods behind it, and a Prometheus
    /// that is there and has no series.
    pub(crate) async fn new() -> Self {
        let world = Self {
            kubernetes: MockServer::start().await,
            prometheus: MockServer::start().await,
            objects: Arc::default(),
            answers: Arc::default(),
            names: Arc::default(),
            directory: TempDir::new().unwrap(),
        };
        let api_server = FakeApiServer(Arc::clone(&world.objects));
        Mock::given(any())
            .respond_with(api_server)
            .mount(&world.kubernetes)
            .await;
        let prometheus = FakePrometheus {
            answers: Arc::clone(&world.answers),
            names: Arc::clone(&world.names),
        };
        Mock::given(any())
            .respond_with(prometheus)
            .mount(&world.prometheus)
            .await;
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": world.kubernetes.uri()}}],
            "users": [{"name": "fake", "user": {"token": "t"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        });
        world.write("kubeconfig", &kubeconfig.to_string());
        world.answer("vector(1)", &json!([{"metric": {}, "value": [1, "1"]}]));
        world.kinds();
        world.autoscaler("web", &json!([pods_metric("http_requests_per_second")]));
        world.scale("web", 2, &["web-1", "web-2"]);
        world
    }

    fn kinds(&self) {
        self.serve("/api", json!({"kind": "APIVersions", "versions": ["v1"]}));
        let kind = |name: &str, kind: &str| json!({"name": name, "singularName": "", "namespaced": true, "kind": kind, "verbs": ["get"]});
        let list = |version: &str, resources: Value| json!({"kind": "APIResourceList", "groupVersion": version, "resources": resources});
        let namespaces = json!({"name": "namespaces", "singularName": "", "namespaced": false, "kind": "Namespace", "verbs": ["get"]});
        self.serve(
            "/api/v1",
            list(
                "v1",
                json!([kind("pods", "Pod"), kind("services", "Service"), namespaces]),
            ),
        );
        let version = json!({"groupVersion": "apps/v1", "version": "v1"});
        let apps = json!({"name": "apps", "versions": [&version], "preferredVersion": &version});
        self.serve("/apis", json!({"kind": "APIGroupList", "groups": [apps]}));
        self.serve(
            "/apis/apps/v1",
            list("apps/v1", json!([kind("deployments", "Deployment")])),
        );
    }

    pub(crate) fn serve(&self, path: &str, object: Value) {
        self.objects
            .lock()
            .unwrap()
            .insert(path.to_owned(), Ok(object));
    }

    pub(crate) fn refuse(&self, path: &str, code: u16) {
        self.objects
            .lock()
            .unwrap()
            .insert(path.to_owned(), Err(code));
    }

    pub(crate) fn autoscaler(&self, name: &str, metrics: &Value) {
        let hpa = json!({
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {
                "minReplicas": 1,
                "maxReplicas": 10,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                "metrics": metrics,
            },
        });
        let list = json!({"kind": "HorizontalPodAutoscalerList", "metadata": {}, "items": [hpa]});
        self.serve("/apis/autoscaling/v2/horizontalpodautoscalers", list);
    }

    pub(crate) fn scale(&self, name: &str, replicas: u32, pods: &[&str]) {
        let path = format!("/apis/apps/v1/namespaces/shop/deployments/{name}/scale");
        self.serve(
            &path,
            json!({"kind": "Scale", "spec": {"replicas": replicas}, "status": {"replicas": replicas, "selector": "app=web"}}),
        );
        let pod = |name: &&str| {
            json!({
                "metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"}},
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
            })
        };
        let items: Vec<Value> = pods.iter().map(pod).collect();
        self.serve(
            "/api/v1/namespaces/shop/pods",
            json!({"kind": "PodList", "metadata": {}, "items": items}),
        );
    }

    /// What the adapter in charge answers to [`Landscape::new`]'s autoscaler.
    pub(crate) fn incumbent(&self, values: &[(&str, &str)]) {
        let item =
            |(pod, value): &(&str, &str)| json!({"describedObject": {"name": pod}, "value": value});
        let items: Vec<Value> = values.iter().map(item).collect();
        self.serve(
            "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/pods/*/http_requests_per_second",
            json!({"kind": "MetricValueList", "items": items}),
        );
    }

    /// Queries that contain `part` have these rows. What was said first counts.
    pub(crate) fn answer(&self, part: &str, rows: &Value) {
        self.answers
            .lock()
            .unwrap()
            .push((part.to_owned(), rows.clone()));
    }

    pub(crate) fn series(&self, names: &[&str]) {
        *self.names.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// Path of a file with this content.
    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Runs the program in the directory of its files, without any of our environment's configuration.
    pub(crate) async fn run(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_custom-metrics-adapter"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_remove("KUBECONFIG")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let Output {
            status,
            stdout,
            stderr,
        } = within("the program ends", command.output()).await.unwrap();
        Ended {
            code: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Paths that kube-apiserver was asked for with anything but GET.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let requests = self.kubernetes.received_requests().await.unwrap();
        let writes = requests
            .iter()
            .filter(|request| request.method != http::Method::GET);
        writes
            .map(|request| request.url.path().to_owned())
            .collect()
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

pub(crate) fn pods_metric(name: &str) -> Value {
    json!({"type": "Pods", "pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": "10"}}})
}

pub(crate) fn external_metric(name: &str) -> Value {
    json!({"type": "External", "external": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": "30"}}})
}
