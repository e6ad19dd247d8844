//! TLS and HTTP/2.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{load, secure_server::SecureServer, server, words};

const BOTH: &[&str] = &["h2", "http/1.1"];

/// A server and the file of the certificate to trust.
struct Secure {
    server: SecureServer,
    _folder: TempDir,
    ca_file: PathBuf,
}

impl Secure {
    fn start(alpn: &[&str], hold_until: usize) -> Self {
        let server = SecureServer::start(alpn, hold_until);
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, &server.pem).unwrap();
        Self {
            server,
            _folder: folder,
            ca_file,
        }
    }

    fn load(&self, flags: &str) -> super::Run {
        let url = format!("https://localhost:{}/", self.server.address.port());
        let ca_file = self.ca_file.to_str().unwrap();
        super::load_with(&url, &[&["--ca-file", ca_file], &words(flags)[..]].concat())
    }
}

#[test]
fn https_speaks_what_both_ends_prefer() {
    for (alpn, flags, protocol, http2) in [
        (BOTH, "", "HTTP/2", 20),
        (BOTH, "--http 1.1", "HTTP/1.1", 0),
        (BOTH, "--http 2", "HTTP/2", 20),
        (&["http/1.1"][..], "", "HTTP/1.1", 0),
    ] {
        let secure = Secure::start(alpn, 0);
        let run = secure.load(&format!("--rate 100 --duration 200ms {flags}"));
        assert_eq!(run.code, Some(0), "{}", run.stdout);
        assert_eq!(run.account(), [20, 20, 0, 0, 0]);
        assert_eq!(run.report()["protocol"], protocol);
        let seen = secure.server.seen();
        assert_eq!(
            (seen.requests, seen.http2, seen.connections),
            (20, http2, 20)
        );
        assert_eq!(run.count("/pods/secure-0"), 20);
    }
}

#[test]
fn a_certificate_that_nothing_vouches_for_is_never_ready() {
    let secure = Secure::start(BOTH, 0);
    let url = format!("https://localhost:{}/", secure.server.address.port());
    let run = load(&url, "--wait-ready 0s");
    assert_eq!((run.code, run.account()), (Some(3), [0; 5]));
    assert!(
        run.stdout
            .contains("--ca-file names the authority to trust"),
        "{}",
        run.stdout
    );
}

#[test]
fn insecure_believes_any_certificate_and_warns() {
    let secure = Secure::start(BOTH, 0);
    let url = format!("https://127.0.0.1:{}/", secure.server.address.port());
    let run = load(&url, "--insecure -n 5 -c 1");
    assert_eq!(run.account(), [5, 5, 0, 0, 0]);
    assert!(run.stderr.contains("warning: --insecure"), "{}", run.stderr);
}

#[test]
fn a_server_without_http2_is_never_ready_for_it() {
    let secure = Secure::start(&["http/1.1"], 0);
    let run = secure.load("--http 2 --wait-ready 0s");
    assert_eq!(run.code, Some(3));
    let plain = server::Server::start(server::OK);
    let url = format!("https://{}/", plain.address);
    let run = load(&url, "--wait-ready 0s --timeout 1s");
    assert_eq!(run.code, Some(3), "{}", run.stdout);
}

#[test]
fn http2_without_tls_is_spoken_by_prior_knowledge() {
    let server = SecureServer::start(&[], 0);
    let url = format!("http://{}/", server.address);
    let run = load(&url, "--http 2 --rate 100 --duration 200ms");
    assert_eq!(run.account(), [20, 20, 0, 0, 0]);
    let seen = server.seen();
    assert_eq!((seen.http2, seen.connections), (20, 20));
}

#[test]
fn requests_share_a_kept_connection_of_http2() {
    for (streams, connections) in [(20, 1), (5, 4)] {
        let secure = Secure::start(BOTH, 20);
        // The first connection is there before the others ask: a worker that finds none opens
        // its own, so the twenty come as a rate and wait for one another.
        let run = secure.load(&format!(
            "--rate 50 --duration 400ms --keep-alive --conn-age 10m --conn-streams {streams}"
        ));
        assert_eq!(run.account(), [20, 20, 0, 0, 0], "{}", run.stdout);
        let seen = secure.server.seen();
        assert_eq!(seen.most_at_once, 20);
        assert!(
            seen.connections >= connections && seen.connections < 20,
            "{}",
            seen.connections
        );
    }
}

#[test]
fn bodies_go_over_http2_too() {
    let secure = Secure::start(BOTH, 0);
    let run = secure.load("-n 5 -c 2 --data hello");
    assert_eq!(run.account(), [5, 5, 0, 0, 0]);
    assert_eq!(secure.server.seen().bodies, 25);
}

/// Ends of connections by age must not show as failures, whatever is under way on them.
#[test]
fn short_lives_of_shared_connections_cost_nothing() {
    let server = SecureServer::start(&[], 0);
    let url = format!("http://{}/", server.address);
    let run = load(
        &url,
        "--http 2 --rate 200 --duration 1s --keep-alive --conn-requests 7",
    );
    assert_eq!(run.account(), [200, 200, 0, 0, 0]);
    assert!(server.seen().connections >= 200 / 7);
}
