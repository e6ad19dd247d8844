use http::StatusCode;

use crate::harness::{TestAdapter, V1, eventually, within};
use crate::pki::Authority;

#[tokio::test]
async fn a_new_serving_certificate_is_used_without_a_restart() {
    let adapter = TestAdapter::start().await;
    let former = adapter.stranger();
    let authority = Authority::new("next");
    adapter.world.write("tls.crt", "junk");
    adapter.world.write_serving_pair(&authority);
    let mut next = former.clone();
    next.roots.clone_from(&authority.pem);
    eventually("the new authority is believed", || async {
        next.try_send("GET", "/livez").await.ok()
    })
    .await;
    former.try_send("GET", "/livez").await.unwrap_err();
}

#[tokio::test]
async fn a_new_front_proxy_authority_takes_over_and_old_connections_end() {
    let mut adapter = TestAdapter::start().await;
    let former = adapter.aggregator();
    let mut connection = former.h2().await.unwrap();
    assert_eq!(
        connection.sender.get(V1).await.unwrap().code,
        StatusCode::OK
    );
    adapter.world.front_proxy = Authority::new("next-front-proxy");
    let authority = adapter.world.front_proxy.pem.clone();
    adapter
        .world
        .cluster
        .publish_front_proxy(&authority, &["front-proxy-client"]);
    within("the old connection ends", connection.task)
        .await
        .unwrap()
        .unwrap();
    former.try_send("GET", V1).await.unwrap_err();
    assert_eq!(adapter.aggregator().get(V1).await.code, StatusCode::OK);
}

#[tokio::test]
async fn allowed_names_change_for_connections_that_are_open() {
    let adapter = TestAdapter::start().await;
    let mut connection = adapter.aggregator().h2().await.unwrap();
    assert_eq!(
        connection.sender.get(V1).await.unwrap().code,
        StatusCode::OK
    );
    let authority = adapter.world.front_proxy.pem.clone();
    adapter
        .world
        .cluster
        .publish_front_proxy(&authority, &["somebody-else"]);
    let mut refused = false;
    while !refused {
        let answer = within("an answer", connection.sender.get(V1))
            .await
            .unwrap();
        refused = answer.code == StatusCode::UNAUTHORIZED;
    }
    // No name at all: whoever has a certificate of the authority.
    adapter.world.cluster.publish_front_proxy(&authority, &[]);
    eventually("any name is allowed", || async {
        (adapter.aggregator().get(V1).await.code == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_unusable_authority_leaves_the_former_in_force() {
    let adapter = TestAdapter::start().await;
    adapter
        .world
        .cluster
        .publish_front_proxy("junk", &["somebody-else"]);
    let authority = adapter.world.front_proxy.pem.clone();
    // The names of the second change arrive, those of the unusable one never do.
    adapter
        .world
        .cluster
        .publish_front_proxy(&authority, &["front-proxy-client", "more"]);
    let mut more = adapter.aggregator();
    more.certificate = Some(adapter.world.front_proxy.client("more"));
    eventually("the next usable one applies", || async {
        assert_eq!(adapter.aggregator().get(V1).await.code, StatusCode::OK);
        (more.get(V1).await.code == StatusCode::OK).then_some(())
    })
    .await;
}
