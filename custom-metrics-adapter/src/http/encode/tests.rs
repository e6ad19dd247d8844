use std::io::Read as _;

use custom_metrics_core::negotiate::Shape;
use flate2::read::GzDecoder;
use http::Request;
use http_body_util::BodyExt as _;

use super::*;

const JSON: Representation = Representation {
    format: Format::Json { pretty: false },
    shape: Shape::Plain,
};

fn request(headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::get("/apis");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

async fn body(response: Response<Body>) -> Vec<u8> {
    let body = response.into_body().collect().await.unwrap();
    body.to_bytes().to_vec()
}

#[tokio::test]
async fn large_answers_are_packed_for_those_who_can_unpack_them() {
    let large = vec![b' '; COMPRESS_FROM + 1];
    let parts = request(&[("accept-encoding", "br, gzip")]);
    let response = Reply::to(&parts).bytes(JSON, large.clone().into());
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.headers()["vary"], "Accept-Encoding");
    assert_eq!(response.headers()["content-type"], "application/json");
    let packed = body(response).await;
    assert!(packed.len() < large.len() / 10);
    let mut unpacked = vec![];
    GzDecoder::new(packed.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, large);

    let small = Reply::to(&parts).bytes(JSON, vec![b' '; COMPRESS_FROM].into());
    assert!(!small.headers().contains_key("content-encoding"));
    let parts = request(&[]);
    let unable = Reply::to(&parts).bytes(JSON, large.clone().into());
    assert!(!unable.headers().contains_key("content-encoding"));
    assert_eq!(body(unable).await, large);
}

#[tokio::test]
async fn a_failure_comes_in_the_form_the_client_reads() {
    let status = |accept: &'static str| async move {
        let parts = request(&[("accept", accept)]);
        let response = Reply::to(&parts).status(&Reason::UnknownPath);
        assert_eq!(response.status(), 404);
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (kind, body(response).await)
    };
    let (kind, bytes) = status("application/vnd.kubernetes.protobuf, */*").await;
    assert_eq!(kind, "application/vnd.kubernetes.protobuf");
    assert!(bytes.starts_with(b"k8s\0"));
    let (kind, bytes) = status("application/yaml").await;
    assert_eq!(kind, "application/yaml");
    assert!(bytes.starts_with(b"apiVersion: v1\ncode: 404\n"));
    let (kind, bytes) = status("text/html").await;
    assert_eq!(kind, "application/json");
    assert!(bytes.starts_with(b"{\n  \"kind\": \"Status\","));
}

#[test]
fn every_answer_bears_an_audit_id_and_keeps_the_callers() {
    let id = |headers: &[(&str, &str)]| {
        let parts = request(headers);
        let response = Reply::to(&parts).finish(Response::new(Body::empty()));
        assert_eq!(response.headers()["cache-control"], "no-cache, private");
        response.headers()["audit-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id(&[("audit-id", "mine")]), "mine");
    let (one, two) = (id(&[]), id(&[("audit-id", "")]));
    assert_ne!(one, two);
    for uuid in [one, two] {
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        assert!(uuid.chars().all(|c| c == '-' || c.is_ascii_hexdigit()));
        assert_eq!(&uuid[14..15], "4", "{uuid}");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let answer = |headers: &[(&str, &str)]| {
        let parts = request(headers);
        let reply = Reply::to(&parts);
        let response = reply.tagged("\"1\"", || reply.bytes(JSON, "{}".into()));
        reply.finish(response)
    };
    let first = answer(&[("if-none-match", "\"0\"")]);
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["etag"], "\"1\"");
    let again = answer(&[("if-none-match", "\"1\"")]);
    assert_eq!(again.status(), 304);
    assert!(!again.headers().contains_key("content-type"));
    assert_eq!(body(again).await, b"");
}

#[test]
fn a_denial_is_not_taken_for_a_page() {
    let denied = custom_metrics_core::reason::Forbidden::Path {
        user: "u".to_owned(),
        path: "/apis".to_owned(),
        why: String::new(),
    };
    let parts = request(&[]);
    let response = Reply::to(&parts).status(&Reason::Forbidden(Box::new(denied)));
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}
