//! What goes over the wire.

use std::fs;

use super::{
    load, load_with,
    server::{OK, Server},
};

#[test]
fn method_headers_and_body_arrive_as_they_were_given() {
    let server = Server::start(OK);
    let folder = tempfile::tempdir().unwrap();
    let [headers, body] = ["headers", "body"].map(|name| folder.path().join(name));
    fs::write(&headers, "Authorization: Bearer hidden\nX-Two: 2\n").unwrap();
    fs::write(&body, b"{\"a\":\x00}").unwrap();
    let at = |path: &std::path::Path| format!("@{}", path.display());
    let run = load_with(
        &server.url(),
        &[
            "-n1",
            "-c1",
            "-Xput",
            "-Hcontent-type: application/json",
            "--header",
            &at(&headers),
            "--data",
            &at(&body),
        ],
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let request = &server.requests()[0];
    assert!(
        request.head.starts_with("PUT / HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    for line in [
        "content-type: application/json",
        "authorization: Bearer hidden",
        "x-two: 2",
        "content-length: 7",
        "accept: */*",
    ] {
        assert!(
            request.head.contains(&format!("{line}\r\n")),
            "{}",
            request.head
        );
    }
    assert_eq!(request.body, b"{\"a\":\x00}");
    assert_eq!(run.report()["method"], "PUT");
    let told = run.stdout + &run.stderr;
    assert!(!told.contains("hidden"), "{told}");
}

#[test]
fn the_path_and_its_query_are_kept() {
    let server = Server::start(OK);
    load(&format!("{}load?ms=5#part", server.url()), "-n 1 -c 1");
    let head = &server.requests()[0].head;
    assert!(head.starts_with("GET /load?ms=5 HTTP/1.1\r\n"), "{head}");
}

#[test]
fn an_answer_without_a_body_is_an_answer() {
    let server = Server::start(OK);
    let run = load(&server.url(), "-n 5 -c 1 -X HEAD");
    assert_eq!(run.account(), [5, 5, 0, 0, 0]);
    assert!(server.requests()[0].head.starts_with("HEAD / "));
}
