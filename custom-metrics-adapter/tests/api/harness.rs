//! A whole adapter on ports of its own, with everything around it scripted.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;
use custom_metrics_adapter::args::Args;
use custom_metrics_adapter::runtime::{Adapter, Intervals};
use http::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::client::Client;
use crate::cluster::Cluster;
use crate::pki::Authority;

/// The rule of the demonstration.
pub(crate) const RULES: &str = r#"
rules:
- seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
  resources:
    overrides:
      namespace: {resource: namespace}
      pod: {resource: pod}
  name: {matches: "^http_requests_total$", as: http_requests_per_second}
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)'
"#;
/// Rules for all three groups.
pub(crate) const ALL_RULES: &str = r#"
rules:
- seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, node: {resource: node}}}
  name: {matches: "^http_requests_total$", as: http_requests_per_second}
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)'
externalRules:
- seriesQuery: 'queue_depth{name!=""}'
  resources: {overrides: {namespace: {resource: namespace}}}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (name)'
- seriesQuery: queue_scalar
  resources: {namespaced: false}
  metricsQuery: 'scalar(<<.Series>>{<<.LabelMatchers>>})'
- {seriesQuery: unmapped, metricsQuery: '<<.Series>>{<<.LabelMatchers>>}'}
resourceRules:
  cpu:
    containerQuery: 'sum(rate(cpu{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)'
    nodeQuery: 'sum(rate(cpu{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)'
    resources: &labels {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, node: {resource: node}}}
    containerLabel: container
  memory:
    containerQuery: 'sum(memory{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
    nodeQuery: 'sum(memory{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
    resources: *labels
    containerLabel: container
  window: 5m
"#;
pub(crate) const V1: &str = "/apis/custom.metrics.k8s.io/v1beta1";
/// All pods of app `x`, as the HPA controller asks through the aggregator.
pub(crate) const HPA_READ: &str = "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/%2A/http_requests_per_second?labelSelector=app%3Dx";
/// The name of the HPA controller.
pub(crate) const HPA: &str = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";
/// No step of a test takes this long; a test that waits for it has failed.
const BOUND: Duration = Duration::from_secs(20);

/// The adapter under test and its world.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) prometheus: MockServer,
    pub(crate) front_proxy: Authority,
    pub(crate) serving: Authority,
    pub(crate) directory: TempDir,
}

/// A running adapter.
pub(crate) struct TestAdapter {
    pub(crate) world: World,
    pub(crate) api: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) stops: mpsc::Sender<&'static str>,
    pub(crate) task: JoinHandle<anyhow::Result<()>>,
}

impl World {
    /// Two pods of app `x`, one of app `y`, an HPA controller that may read, and a Prometheus
    /// with one series.
    pub(crate) async fn new() -> Self {
        let world = Self {
            cluster: Cluster::start().await,
            prometheus: MockServer::start().await,
            front_proxy: Authority::new("front-proxy-authority"),
            serving: Authority::new("serving-authority"),
            directory: TempDir::new().unwrap(),
        };
        world
            .cluster
            .publish_front_proxy(&world.front_proxy.pem, &["front-proxy-client"]);
        for (name, app) in [("pod-a", "x"), ("pod-b", "x"), ("pod-c", "y")] {
            world.cluster.run_pod(name, app);
        }
        world.cluster.allow(HPA, None);
        world.cluster.write_kubeconfig(&world.file("kubeconfig"));
        world.write("rules.yaml", RULES);
        world.write_serving_pair(&world.serving);
        world
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.file(name), content).unwrap();
    }

    pub(crate) fn write_serving_pair(&self, authority: &Authority) {
        let pair = authority.server();
        self.write("tls.key", &pair.key);
        self.write("tls.crt", &pair.certificate);
    }

    /// Prometheus knows the series and answers every query with `result`, a `data` object.
    pub(crate) async fn answers(&self, data: Value) {
        self.prometheus.reset().await;
        self.knows_series().await;
        let body = json!({"status": "success", "data": data});
        self.queries(ResponseTemplate::new(200).set_body_json(body))
            .await;
    }

    pub(crate) async fn knows_series(&self) {
        let names = json!({"status": "success", "data": ["http_requests_total"]});
        Mock::given(method("GET"))
            .and(path("/api/v1/label/__name__/values"))
            .respond_with(ResponseTemplate::new(200).set_body_json(names))
            .mount(&self.prometheus)
            .await;
    }

    pub(crate) async fn queries(&self, response: ResponseTemplate) {
        Mock::given(path("/api/v1/query"))
            .respond_with(response)
            .mount(&self.prometheus)
            .await;
    }

    /// The queries that Prometheus was asked.
    pub(crate) async fn asked(&self) -> Vec<String> {
        let requests = self.prometheus.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.url.path() == "/api/v1/query")
            .flat_map(|request| request.url.query_pairs().into_owned())
            .filter_map(|(key, value)| (key == "query").then_some(value))
            .collect()
    }

    pub(crate) fn args(&self, more: &[&str]) -> Vec<String> {
        let file = |name: &str| self.file(name).display().to_string();
        let mut args = vec![
            "custom-metrics-adapter".to_owned(),
            format!("--config={}", file("rules.yaml")),
            format!("--prometheus-url={}", self.prometheus.uri()),
            format!("--lister-kubeconfig={}", file("kubeconfig")),
            "--secure-port=0".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
            "--admin-address=127.0.0.1:0".to_owned(),
            "--namespace=custom-metrics".to_owned(),
            "--shutdown-grace=0s".to_owned(),
        ];
        if !more.contains(&"--tls=self") {
            args.push(format!("--tls-cert-file={}", file("tls.crt")));
            args.push(format!("--tls-private-key-file={}", file("tls.key")));
        }
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        args
    }

    pub(crate) async fn start(self, more: &[&str]) -> TestAdapter {
        let args = self.args(more);
        self.start_with(args).await
    }

    pub(crate) async fn start_with(self, args: Vec<String>) -> TestAdapter {
        let args = Args::try_parse_from(args).unwrap();
        let mut adapter = Adapter::bind(args).await.unwrap();
        adapter.intervals = Intervals {
            files: Duration::from_millis(10),
            own_ca: Duration::from_millis(10),
        };
        let (stops, receiver) = mpsc::channel(2);
        TestAdapter {
            api: adapter.api_address().unwrap(),
            admin: adapter.admin_address().unwrap(),
            stops,
            task: tokio::spawn(adapter.run(receiver)),
            world: self,
        }
    }
}

impl TestAdapter {
    /// A ready adapter in a [`World::new`] whose pods serve 10 and 20.5 requests per second.
    pub(crate) async fn start() -> Self {
        let world = World::new().await;
        world
            .answers(vector(&[("pod-a", "10"), ("pod-b", "20.5")]))
            .await;
        let adapter = world.start(&[]).await;
        adapter.ready().await;
        adapter
    }

    /// A ready adapter with [`ALL_RULES`] and two nodes, whose Prometheus answers `queries`: what is asked, and
    /// the `data` that comes.
    pub(crate) async fn start_all(queries: &[(&str, Value)]) -> Self {
        let world = World::new().await;
        world.write("rules.yaml", ALL_RULES);
        for node in ["node1", "node2"] {
            world.cluster.use_resources(None, node, "n");
        }
        for (pod, app) in [("pod-a", "x"), ("pod-b", "x")] {
            world.cluster.use_resources(Some("default"), pod, app);
        }
        world.knows_series().await;
        for (query, data) in queries {
            let body = json!({"status": "success", "data": data});
            Mock::given(path("/api/v1/query"))
                .and(query_param("query", *query))
                .respond_with(ResponseTemplate::new(200).set_body_json(body))
                .mount(&world.prometheus)
                .await;
        }
        let adapter = world.start(&[]).await;
        adapter.ready().await;
        adapter
    }

    pub(crate) async fn ready(&self) {
        eventually("the adapter is ready", || async {
            let (code, _) = self.admin("/readyz").await;
            (code == 200).then_some(())
        })
        .await;
    }

    /// Status code and text of an admin path.
    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        // Without authorities of the system, which plain HTTP does not need.
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .unwrap();
        let response = client
            .get(format!("http://{}{path}", self.admin))
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Nobody: no certificate, no headers.
    pub(crate) fn stranger(&self) -> Client {
        Client {
            address: self.api,
            roots: self.world.serving.pem.clone(),
            certificate: None,
            headers: HeaderMap::new(),
        }
    }

    /// kube-apiserver on behalf of a user.
    pub(crate) fn proxied(&self, user: &str) -> Client {
        let mut client = self.stranger().with_header("x-remote-user", user);
        client.certificate = Some(self.world.front_proxy.client("front-proxy-client"));
        client
    }

    /// The HPA controller through kube-apiserver.
    pub(crate) fn hpa(&self) -> Client {
        self.proxied(HPA)
    }

    /// kube-apiserver itself, as it reads discovery.
    pub(crate) fn aggregator(&self) -> Client {
        self.proxied("system:kube-aggregator")
            .with_header("x-remote-group", "system:masters")
    }

    /// Ends it and hands back how it ended.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stops.send("SIGTERM").await.unwrap();
        within("the adapter stops", self.task).await.unwrap()
    }
}

/// A vector of one sample per pod.
pub(crate) fn vector(pods: &[(&str, &str)]) -> Value {
    let rows: Vec<Value> = pods
        .iter()
        .map(|(pod, value)| json!({"metric": {"pod": pod}, "value": [1_795_309_136.5, value]}))
        .collect();
    json!({"resultType": "vector", "result": rows})
}

/// A vector of rows with any labels.
pub(crate) fn rows(rows: &[(Value, &str)]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(labels, value)| json!({"metric": labels, "value": [1_700_000_000.25, value]}))
        .collect();
    json!({"resultType": "vector", "result": rows})
}

/// Polls a condition that must come true.
pub(crate) async fn eventually<T, F>(what: &str, mut check: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    within(what, async {
        loop {
            if let Some(value) = check().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// Awaits what must happen.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, future)
        .await
        .unwrap_or_else(|_| panic!("not in time: {what}"))
}
