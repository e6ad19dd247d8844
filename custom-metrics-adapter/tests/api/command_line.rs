//! Flags of prometheus-adapter, as somebody brings them along.

use http::StatusCode;

use crate::exit::run;
use crate::harness::{HPA_READ, V1, World, eventually, vector};

/// Starts like its Helm chart: a stray word, a folder for certificates, no certificate.
fn like_the_chart(world: &World, more: &[&str]) -> Vec<String> {
    let mut args = world.args(more);
    args.retain(|arg| !arg.starts_with("--tls-"));
    args.insert(1, "/adapter".to_owned());
    args.push(format!(
        "--cert-dir={}",
        world.file("certificates").display()
    ));
    args.push("--v=4".to_owned());
    args
}

#[tokio::test]
async fn started_like_the_helm_chart_it_makes_its_certificate_and_serves() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    let args = like_the_chart(&world, &["--profiling=false", "--audit-log-path=-"]);
    let adapter = world.start_with(args).await;
    adapter.ready().await;
    let chain = adapter.world.file("certificates/apiserver.crt");
    let mut hpa = adapter.hpa();
    // The authority stands below the certificate that it signed.
    let pem = std::fs::read_to_string(&chain).unwrap();
    let authority = pem.rfind("-----BEGIN").unwrap();
    pem[authority..].clone_into(&mut hpa.roots);
    assert_eq!(hpa.get(HPA_READ).await.code, StatusCode::OK);
    // Somebody brings a certificate of their own.
    let pair = adapter.world.serving.server();
    std::fs::write(adapter.world.file("certificates/apiserver.key"), &pair.key).unwrap();
    std::fs::write(&chain, &pair.certificate).unwrap();
    eventually("the new certificate is used", || async {
        adapter.hpa().try_send("GET", V1).await.ok()
    })
    .await;
}

#[tokio::test]
async fn credentials_for_prometheus_go_with_every_request() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    world.write("token", "secret\n");
    let token = format!("--prometheus-token-file={}", world.file("token").display());
    let flags = [
        token.as_str(),
        "--prometheus-header=X-Scope-OrgID=me",
        "--prometheus-verb=POST",
    ];
    let adapter = world.start(&flags).await;
    adapter.ready().await;
    adapter.hpa().get(HPA_READ).await;
    let requests = adapter.world.prometheus.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .any(|request| request.url.path() == "/api/v1/query")
    );
    for request in requests {
        let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
        assert_eq!(header("authorization"), "Bearer secret");
        assert_eq!(header("x-scope-orgid"), "me");
    }
}

#[tokio::test]
async fn only_http_1_is_offered_where_http_2_is_disabled() {
    let world = World::new().await;
    world.answers(vector(&[("pod-a", "1")])).await;
    let adapter = world.start(&["--disable-http2"]).await;
    adapter.ready().await;
    assert_eq!(adapter.hpa().get(HPA_READ).await.code, StatusCode::OK);
    assert!(adapter.hpa().h2().await.is_err());
}

#[tokio::test]
async fn what_people_have_to_correct_is_exit_2_and_named() {
    let world = World::new().await;
    world.write(
        "policies.yaml",
        "apiVersion: custom-metrics-stack/v1\npolices: []\n",
    );
    world.write("junk", "");
    let file = |flag: &str, name: &str| format!("--{flag}={}", world.file(name).display());
    for (flags, named) in [
        (
            vec![file("policies", "policies.yaml")],
            "did you mean `policies`?",
        ),
        (
            vec!["--metrics-max-age=1s".to_owned()],
            "max age must not be less than relist interval",
        ),
        (
            vec![file("prometheus-token-file", "junk")],
            "--prometheus-token-file",
        ),
        (
            vec![file("prometheus-ca-file", "none")],
            "--prometheus-ca-file",
        ),
        (
            vec!["--prometheus-ulr=http://p".to_owned()],
            "--prometheus-url",
        ),
        (
            vec!["--tls-cipher-suites=NONE".to_owned()],
            "--tls-cipher-suites",
        ),
    ] {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let (code, stderr) = run(&world.args(&flags)).await;
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(named), "{stderr}");
    }
}

#[tokio::test]
async fn help_is_exit_0() {
    let args = ["custom-metrics-adapter".to_owned(), "--help".to_owned()];
    assert_eq!(run(&args).await.0, Some(0));
}
