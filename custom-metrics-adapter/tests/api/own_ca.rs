use custom_metrics_adapter::own_ca::OwnCa;
use custom_metrics_adapter::own_ca::authority::{self, KeyPair};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::client::Client;
use crate::harness::{TestAdapter, World, eventually, vector};

const OURS: &str = "v1beta1.custom.metrics.k8s.io";
const SECRET: &str = "cm-adapter-serving-certs";

fn bundle(service: &Value) -> Option<String> {
    decode(service["spec"]["caBundle"].as_str()?)
}

/// A field of the Secret or an APIService, which are base64 on the wire.
fn decode(text: &str) -> Option<String> {
    let bytes: k8s_openapi::ByteString = serde_json::from_value(text.into()).ok()?;
    String::from_utf8(bytes.0).ok()
}

fn encode(text: &str) -> Value {
    serde_json::to_value(k8s_openapi::ByteString(text.as_bytes().to_vec())).unwrap()
}

fn authorities(world: &World) -> Option<String> {
    decode(world.cluster.secret(SECRET)?["data"]["ca.crt"].as_str()?)
}

async fn start(world: World) -> TestAdapter {
    world.answers(vector(&[("pod-a", "1")])).await;
    world.start(&["--tls=self"]).await
}

#[tokio::test]
async fn the_authority_is_made_kept_and_written_to_our_api_services_only() {
    let world = World::new().await;
    world
        .cluster
        .apply_api_service(OURS, "custom-metrics-apiserver");
    world
        .cluster
        .apply_api_service("v1beta2.custom.metrics.k8s.io", "somebody-elses");
    let adapter = start(world).await;
    let cluster = &adapter.world.cluster;
    let written = eventually("the bundle is written", || async {
        bundle(&cluster.api_service(OURS))
    })
    .await;
    assert_eq!(Some(&written), authorities(&adapter.world).as_ref());
    assert_eq!(
        cluster.api_service(OURS)["spec"]["insecureSkipTLSVerify"],
        false
    );
    let foreign = cluster.api_service("v1beta2.custom.metrics.k8s.io");
    assert_eq!(bundle(&foreign), None);
    let client = Client {
        roots: written,
        ..adapter.stranger()
    };
    eventually("the certificate is of that authority", || async {
        client.try_send("GET", "/livez").await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_manifest_applied_again_heals() {
    let world = World::new().await;
    world
        .cluster
        .apply_api_service(OURS, "custom-metrics-apiserver");
    let adapter = start(world).await;
    let cluster = &adapter.world.cluster;
    let first = eventually("the bundle is written", || async {
        bundle(&cluster.api_service(OURS))
    })
    .await;
    cluster.apply_api_service(OURS, "custom-metrics-apiserver");
    let again = eventually("the bundle is back", || async {
        bundle(&cluster.api_service(OURS))
    })
    .await;
    assert_eq!(first, again);
}

fn own(world: &World) -> impl Future<Output = OwnCa> {
    let path = world.file("kubeconfig");
    async move {
        let file = Kubeconfig::read_from(path).unwrap();
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(file, &options)
            .await
            .unwrap();
        OwnCa {
            client: kube::Client::try_from(config).unwrap(),
            namespace: "custom-metrics".to_owned(),
            secret: SECRET.to_owned(),
            service: "custom-metrics-apiserver".to_owned(),
            interval: Duration::from_millis(10),
        }
    }
}

/// Runs one replica; what it installed last is in the cell.
async fn replica(world: &World) -> Arc<Mutex<Option<KeyPair>>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let installed: Arc<Mutex<Option<KeyPair>>> = Arc::default();
    let cell = Arc::clone(&installed);
    tokio::spawn(own(world).await.run(move |pair| {
        *cell.lock().unwrap() = Some(pair.clone());
        Ok(())
    }));
    installed
}

#[tokio::test]
async fn replicas_that_start_together_end_with_one_pair() {
    let world = World::new().await;
    let replicas = [
        replica(&world).await,
        replica(&world).await,
        replica(&world).await,
    ];
    eventually("all serve with the same pair", || async {
        let pairs: Vec<_> = replicas
            .iter()
            .map(|one| one.lock().unwrap().clone())
            .collect();
        let first = pairs[0].clone()?;
        assert!(
            pairs.iter().flatten().all(|pair| *pair == first),
            "one pair for all"
        );
        pairs.iter().all(Option::is_some).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_old_certificate_is_renewed_and_its_authority_stays_in_the_bundle() {
    let world = World::new().await;
    world
        .cluster
        .apply_api_service(OURS, "custom-metrics-apiserver");
    let names = ["custom-metrics-apiserver.custom-metrics.svc".to_owned()];
    let long_ago = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() - 300 * 86_400);
    let old = authority::make(&names, long_ago.unwrap()).unwrap();
    world.cluster.set_secret(
        SECRET,
        json!({
            "kind": "Secret",
            "apiVersion": "v1",
            "metadata": {"name": SECRET, "namespace": "custom-metrics", "resourceVersion": "7"},
            "data": {
                "tls.crt": encode(&old.certificate),
                "tls.key": encode(&old.key),
                "ca.crt": encode(&old.authorities),
            },
        }),
    );
    let installed = replica(&world).await;
    let pair = eventually("a pair is installed", || async {
        installed.lock().unwrap().clone()
    })
    .await;
    assert_ne!(pair.certificate, old.certificate);
    assert!(pair.authorities.ends_with(&old.authorities));
    assert_eq!(authorities(&world), Some(pair.authorities.clone()));
    let written = eventually("the bundle is written", || async {
        bundle(&world.cluster.api_service(OURS))
    })
    .await;
    assert_eq!(written, pair.authorities);
}
