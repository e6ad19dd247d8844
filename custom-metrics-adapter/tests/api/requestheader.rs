//! How the front proxy is made known: by kube-apiserver, by flags, or not at all.

use http::StatusCode;

use crate::harness::{HPA, HPA_READ, TestAdapter, World, eventually, vector};
use crate::pki::Authority;
use crate::replies::Reply;

const CONFIG_MAPS: &str = "/api/v1/namespaces/kube-system/configmaps";

async fn world() -> World {
    let world = World::new().await;
    world
        .answers(vector(&[("pod-a", "10"), ("pod-b", "20.5")]))
        .await;
    world
}

async fn started(world: World, flags: &[&str]) -> TestAdapter {
    let adapter = world.start(flags).await;
    adapter.ready().await;
    adapter
}

#[tokio::test]
async fn flags_describe_the_front_proxy_in_place_of_the_cluster() {
    let world = world().await;
    let authority = Authority::new("of-the-flags");
    world.write("ca.crt", &authority.pem);
    let file = format!(
        "--requestheader-client-ca-file={}",
        world.file("ca.crt").display()
    );
    let flags = [
        &file,
        "--requestheader-allowed-names=mine,other",
        "--requestheader-username-headers=x-who",
    ];
    let adapter = started(world, &flags).await;
    // What the cluster publishes does not count beside it.
    adapter.hpa().try_send("GET", HPA_READ).await.unwrap_err();
    let mut mine = adapter.stranger().with_header("x-who", HPA);
    mine.certificate = Some(authority.client("mine"));
    assert_eq!(mine.get(HPA_READ).await.code, StatusCode::OK);
    mine.certificate = Some(authority.client("front-proxy-client"));
    assert_eq!(mine.get(HPA_READ).await.code, StatusCode::UNAUTHORIZED);

    let next = Authority::new("of-the-changed-file");
    adapter.world.write("ca.crt", &next.pem);
    mine.certificate = Some(next.client("other"));
    eventually("the changed file counts", || async {
        let answer = mine.try_send("GET", HPA_READ).await.ok()?;
        (answer.code == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_a_lookup_no_front_proxy_is_believed() {
    let adapter = started(world().await, &["--authentication-skip-lookup"]).await;
    let spoofer = adapter.stranger().with_header("x-remote-user", HPA);
    let refused = spoofer.get(HPA_READ).await;
    assert!(refused.code.is_client_error(), "{refused:?}");
    if let Ok(answer) = adapter.hpa().try_send("GET", HPA_READ).await {
        assert_ne!(answer.code, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_lookup_that_fails_keeps_the_adapter_from_being_ready_unless_it_is_tolerated() {
    for (flags, ready) in [
        (&[][..], false),
        (&["--authentication-tolerate-lookup-failure"][..], true),
    ] {
        let world = world().await;
        world
            .cluster
            .replies
            .set(CONFIG_MAPS, Reply::Refuse(403, "configmaps is forbidden"));
        let adapter = world.start(flags).await;
        let gate = if ready {
            "[+]request-header-authority ok"
        } else {
            "[-]request-header-authority failed"
        };
        eventually(
            "the other gates are open and this one is as it should be",
            || async {
                let (_, gates) = adapter.admin("/readyz?verbose").await;
                let others = gates.lines().filter(|line| line.starts_with("[-]")).count();
                (gates.contains(gate) && others == usize::from(!ready)).then_some(())
            },
        )
        .await;
    }
}

#[tokio::test]
async fn an_unusable_file_of_the_flags_ends_the_adapter() {
    let world = world().await;
    world.write("ca.crt", "junk");
    let flag = format!(
        "--requestheader-client-ca-file={}",
        world.file("ca.crt").display()
    );
    let adapter = world.start(&[&flag]).await;
    let end = crate::harness::within("the adapter ends", adapter.task)
        .await
        .unwrap();
    let error = format!("{:#}", end.unwrap_err());
    assert!(error.contains(&flag.replace('=', " ")), "{error}");
}
