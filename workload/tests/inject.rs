//! Faults on demand, and only where they are switched on.

mod common;

use common::Workload;

#[test]
fn a_pod_that_was_not_told_to_obeys_nobody_and_says_which_flag_it_lacks() {
    let workload = Workload::start(&[]);
    for path in ["/?fail=1", "/api/data?delay=1", "/load?ms=0&mb=1"] {
        let response = workload.get(path);
        assert_eq!(response.status, 400, "{path}");
        assert!(response.body.contains("--inject"), "{}", response.body);
    }
}

#[test]
fn a_share_of_the_requests_fails_and_is_counted_as_failed() {
    let workload = Workload::start(&["--inject"]);
    let codes: Vec<u16> = (0..100)
        .map(|_| workload.get("/?fail=0.5").status)
        .collect();
    let failed = codes.iter().filter(|code| **code == 500).count();
    assert!((20..80).contains(&failed), "{failed} of 100");
    let series = r#"http_requests_total{code="500",method="GET",path="/"}"#;
    assert_eq!(workload.metric(series), failed.to_string());
}

#[test]
fn all_fail_or_none_at_the_ends_and_probes_never_do() {
    let workload = Workload::start(&["--inject"]);
    assert_eq!(workload.get("/?fail=1").status, 500);
    assert_eq!(workload.get("/?fail=0&delay=1").status, 200);
    assert_eq!(workload.get("/health?fail=1").status, 200);
    assert_eq!(workload.get("/ready?fail=1").status, 200);
    assert_eq!(workload.get("/metrics?fail=1").status, 200);
}

#[test]
fn memory_is_held_within_its_bound() {
    let workload = Workload::start(&["--inject"]);
    assert_eq!(workload.get("/load?ms=0&mb=16").status, 200);
    assert_eq!(workload.get("/load?ms=0&mb=257").status, 400);
    assert_eq!(workload.get("/load?ms=0&mb=256").status, 200);
}
