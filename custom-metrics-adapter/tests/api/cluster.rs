//! A fake kube-apiserver: the few resources that the adapter touches, with lists and watches that
//! lose nothing in between.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::replies::Replies;

const SECRETS: &str = "/api/v1/namespaces/custom-metrics/secrets";
const API_SERVICES: &str = "/apis/apiregistration.k8s.io/v1/apiservices/";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/// Shared with the server's handlers.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) address: SocketAddr,
    pub(crate) config_maps: Arc<Feed>,
    pub(crate) pods: Arc<Feed>,
    /// The same pods once they run; the fake does not select by phase itself.
    pub(crate) running_pods: Arc<Feed>,
    pub(crate) nodes: Arc<Feed>,
    /// What the fake is told to say, before anything it knows.
    pub(crate) replies: Arc<Replies>,
    state: Arc<Mutex<Objects>>,
}

#[derive(Default)]
struct Objects {
    secrets: BTreeMap<String, Value>,
    api_services: BTreeMap<String, Value>,
    /// Users who may read: everything, or just the resource named.
    allowed: BTreeMap<String, Option<String>>,
    reviews: Vec<Value>,
    reviews_fail: bool,
    /// Bumped by each write.
    version: u64,
}

/// Objects of one kind and every change of them, so that a watch may start anywhere.
pub(crate) struct Feed {
    objects: Mutex<BTreeMap<String, Value>>,
    log: watch::Sender<Vec<String>>,
    /// Whether lists are answered at all.
    pub(crate) lists: watch::Sender<bool>,
}

impl Feed {
    fn new() -> Self {
        Self {
            objects: Mutex::default(),
            log: watch::Sender::new(Vec::new()),
            lists: watch::Sender::new(true),
        }
    }

    pub(crate) fn apply(&self, mut object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let mut objects = self.objects.lock().unwrap();
        let kind = if objects.contains_key(&name) {
            "MODIFIED"
        } else {
            "ADDED"
        };
        self.log.send_modify(|log| {
            object["metadata"]["resourceVersion"] = (log.len() + 1).to_string().into();
            log.push(format!("{}\n", json!({"type": kind, "object": &object})));
        });
        objects.insert(name, object);
    }

    pub(crate) fn delete(&self, name: &str) {
        let object = self.objects.lock().unwrap().remove(name).unwrap();
        self.log.send_modify(|log| {
            log.push(format!(
                "{}\n",
                json!({"type": "DELETED", "object": object})
            ));
        });
    }

    fn list(&self, kind: &str, api_version: &str) -> Value {
        let objects = self.objects.lock().unwrap();
        let items: Vec<&Value> = objects.values().collect();
        let version = self.log.borrow().len().to_string();
        json!({
            "kind": kind,
            "apiVersion": api_version,
            "metadata": {"resourceVersion": version},
            "items": items,
        })
    }

    /// Changes after `from`, as they come, for ever.
    fn stream(&self, from: usize) -> Body {
        let changes = futures_util::stream::unfold(
            (self.log.subscribe(), from),
            |(mut log, next)| async move {
                let line = log.wait_for(|log| log.len() > next).await.ok()?[next].clone();
                Some((Ok::<_, Infallible>(line), (log, next + 1)))
            },
        );
        Body::from_stream(changes)
    }
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cluster = Self {
            address: listener.local_addr().unwrap(),
            config_maps: Arc::new(Feed::new()),
            pods: Arc::new(Feed::new()),
            running_pods: Arc::new(Feed::new()),
            nodes: Arc::new(Feed::new()),
            replies: Arc::default(),
            state: Arc::default(),
        };
        let routes = Router::new().fallback(serve).with_state(cluster.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        cluster
    }

    /// A client of the fake.
    pub(crate) fn client(&self) -> kube::Client {
        let uri = format!("http://{}", self.address).parse().unwrap();
        let mut config = kube::Config::new(uri);
        config.default_retry = false;
        kube::Client::try_from(config).unwrap()
    }

    pub(crate) fn write_kubeconfig(&self, path: &Path) {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "fake", "user": {"token": "t"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        });
        std::fs::write(path, config.to_string()).unwrap();
    }

    /// What kube-apiserver publishes about its front proxy.
    pub(crate) fn publish_front_proxy(&self, authority: &str, allowed_names: &[&str]) {
        self.config_maps.apply(json!({
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {
                "name": "extension-apiserver-authentication",
                "namespace": "kube-system",
            },
            "data": {
                "requestheader-client-ca-file": authority,
                "requestheader-allowed-names": json!(allowed_names).to_string(),
                "requestheader-username-headers": r#"["X-Remote-User"]"#,
                "requestheader-group-headers": r#"["X-Remote-Group"]"#,
                "requestheader-uid-headers": r#"["X-Remote-Uid"]"#,
                "requestheader-extra-headers-prefix": r#"["X-Remote-Extra-"]"#,
            },
        }));
    }

    /// A pod that exists, running or not.
    pub(crate) fn run_pod(&self, name: &str, app: &str) {
        self.pods.apply(metadata(Some("default"), name, app));
    }

    /// What is alive for `metrics.k8s.io`: a running pod, or a node when there is no namespace.
    pub(crate) fn use_resources(&self, namespace: Option<&str>, name: &str, app: &str) {
        let feed = match namespace {
            Some(_) => &self.running_pods,
            None => &self.nodes,
        };
        feed.apply(metadata(namespace, name, app));
    }

    /// Lets `user` read everything, or just `resource`.
    pub(crate) fn allow(&self, user: &str, resource: Option<&str>) {
        let resource = resource.map(str::to_owned);
        self.state
            .lock()
            .unwrap()
            .allowed
            .insert(user.to_owned(), resource);
    }

    /// The specs of the access reviews asked so far.
    pub(crate) fn reviews(&self) -> Vec<Value> {
        self.state.lock().unwrap().reviews.clone()
    }

    /// Reviews end in an error from here on.
    pub(crate) fn fail_reviews(&self) {
        self.state.lock().unwrap().reviews_fail = true;
    }

    pub(crate) fn apply_api_service(&self, name: &str, service: &str) {
        let object = json!({
            "kind": "APIService",
            "apiVersion": "apiregistration.k8s.io/v1",
            "metadata": {"name": name},
            "spec": {
                "group": "custom.metrics.k8s.io",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "service": {"name": service, "namespace": "custom-metrics"},
            },
        });
        self.state
            .lock()
            .unwrap()
            .api_services
            .insert(name.to_owned(), object);
    }

    pub(crate) fn api_service(&self, name: &str) -> Value {
        self.state.lock().unwrap().api_services[name].clone()
    }

    pub(crate) fn secret(&self, name: &str) -> Option<Value> {
        self.state.lock().unwrap().secrets.get(name).cloned()
    }

    pub(crate) fn set_secret(&self, name: &str, secret: Value) {
        self.state
            .lock()
            .unwrap()
            .secrets
            .insert(name.to_owned(), secret);
    }

    fn review(&self, mut review: Value) -> Response {
        let mut state = self.state.lock().unwrap();
        if state.reviews_fail {
            return status(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
        }
        let spec = review["spec"].clone();
        let user = spec["user"].as_str().unwrap_or_default();
        let resource = spec["resourceAttributes"]["resource"].as_str();
        let allowed = match state.allowed.get(user) {
            None => false,
            Some(None) => true,
            Some(Some(only)) => resource == Some(only),
        };
        review["status"] = json!({"allowed": allowed, "reason": "says the test"});
        state.reviews.push(spec);
        Json(review).into_response()
    }

    fn write_secret(&self, name: &str, mut secret: Value, create: bool) -> Response {
        let mut state = self.state.lock().unwrap();
        let now = state
            .secrets
            .get(name)
            .map(|now| now["metadata"]["resourceVersion"].clone());
        let fits = match &now {
            None => create,
            Some(version) => !create && *version == secret["metadata"]["resourceVersion"],
        };
        if !fits {
            return status(StatusCode::CONFLICT, "Conflict");
        }
        state.version += 1;
        secret["metadata"]["resourceVersion"] = state.version.to_string().into();
        state.secrets.insert(name.to_owned(), secret.clone());
        Json(secret).into_response()
    }

    fn patch_api_service(&self, name: &str, patch: &Value) -> Response {
        let mut state = self.state.lock().unwrap();
        let Some(object) = state.api_services.get_mut(name) else {
            return status(StatusCode::NOT_FOUND, "NotFound");
        };
        for (key, value) in patch["spec"].as_object().unwrap() {
            object["spec"][key] = value.clone();
        }
        Json(object.clone()).into_response()
    }
}

async fn serve(State(cluster): State<Cluster>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    if let Some(reply) = cluster.replies.answer(&parts) {
        return reply.await;
    }
    let list = |feed: Arc<Feed>, kind: &'static str, version: &'static str| async move {
        if !query.contains("watch=true") {
            feed.lists.subscribe().wait_for(|open| *open).await.unwrap();
            return Json(feed.list(kind, version)).into_response();
        }
        let from = query
            .split('&')
            .find_map(|part| part.strip_prefix("resourceVersion="));
        feed.stream(from.unwrap().parse().unwrap()).into_response()
    };
    let secret = path
        .strip_prefix(SECRETS)
        .map(|name| name.trim_start_matches('/'));
    let api_service = path.strip_prefix(API_SERVICES);
    match (&parts.method, secret, api_service) {
        (&Method::POST, Some(""), _) => {
            let name = body["metadata"]["name"].as_str().unwrap().to_owned();
            cluster.write_secret(&name, body, true)
        }
        (&Method::PUT, Some(name), _) => cluster.write_secret(name, body, false),
        (&Method::GET, Some(name), _) => found(cluster.secret(name)),
        (&Method::GET, _, Some(name)) => found(
            cluster
                .state
                .lock()
                .unwrap()
                .api_services
                .get(name)
                .cloned(),
        ),
        (&Method::PATCH, _, Some(name)) => cluster.patch_api_service(name, &body),
        (&Method::POST, _, _) if path == REVIEWS => cluster.review(body),
        (&Method::GET, _, _) if path == "/api/v1/namespaces/kube-system/configmaps" => {
            list(Arc::clone(&cluster.config_maps), "ConfigMapList", "v1").await
        }
        (&Method::GET, _, _) if path == "/api/v1/pods" || path == "/api/v1/nodes" => {
            let feed = match query.contains("fieldSelector=status.phase%3DRunning") {
                _ if path.ends_with("nodes") => &cluster.nodes,
                true => &cluster.running_pods,
                false => &cluster.pods,
            };
            let kind = "PartialObjectMetadataList";
            list(Arc::clone(feed), kind, "meta.k8s.io/v1").await
        }
        _ => status(StatusCode::NOT_FOUND, "NotFound"),
    }
}

fn metadata(namespace: Option<&str>, name: &str, app: &str) -> Value {
    let mut object = json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"name": name, "uid": format!("uid-{name}"), "labels": {"app": app}},
    });
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn found(object: Option<Value>) -> Response {
    object.map_or_else(
        || status(StatusCode::NOT_FOUND, "NotFound"),
        |object| Json(object).into_response(),
    )
}

pub(crate) fn status(code: StatusCode, reason: &str) -> Response {
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": reason,
        "code": code.as_u16(),
    });
    (code, Json(status)).into_response()
}
