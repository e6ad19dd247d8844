//! What Prometheus sees.

mod common;

use common::{Workload, until};

/// The wanted lines of an exposition, in an order of their own.
fn sorted(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut lines: Vec<_> = text.lines().filter(|line| wanted(line)).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn every_series_is_there_at_zero_before_the_first_request() {
    let text = Workload::start(&[]).get("/metrics").body;
    let series = sorted(&text, |line| !line.contains("_bucket{"));
    insta::assert_snapshot!(series, @r#"
    # HELP http_request_duration_seconds Time from a request's arrival to its answer, or to the client's departure.
    # HELP http_requests_in_flight Requests that have arrived and are not answered yet, without probes and scrapes.
    # HELP http_requests_total Requests answered, without probes and scrapes; code 499 is a client gone before its answer.
    # HELP workload_burners Threads that burn CPU for /load at this moment.
    # TYPE http_request_duration_seconds histogram
    # TYPE http_requests_in_flight gauge
    # TYPE http_requests_total counter
    # TYPE workload_burners gauge
    http_request_duration_seconds_count{path="/"} 0
    http_request_duration_seconds_count{path="/api/data"} 0
    http_request_duration_seconds_count{path="/load"} 0
    http_request_duration_seconds_count{path="unmatched"} 0
    http_request_duration_seconds_sum{path="/"} 0
    http_request_duration_seconds_sum{path="/api/data"} 0
    http_request_duration_seconds_sum{path="/load"} 0
    http_request_duration_seconds_sum{path="unmatched"} 0
    http_requests_in_flight 0
    http_requests_total{code="200",method="GET",path="/"} 0
    http_requests_total{code="200",method="GET",path="/api/data"} 0
    http_requests_total{code="200",method="GET",path="/load"} 0
    http_requests_total{code="400",method="GET",path="/load"} 0
    http_requests_total{code="404",method="GET",path="unmatched"} 0
    http_requests_total{code="499",method="GET",path="/load"} 0
    http_requests_total{code="503",method="GET",path="/load"} 0
    workload_burners 0
    "#);
}

#[test]
fn the_buckets_are_close_around_the_five_seconds_of_a_load() {
    let text = Workload::start(&[]).get("/metrics").body;
    let bucket = "http_request_duration_seconds_bucket{path=\"/load\"";
    insta::assert_snapshot!(sorted(&text, |line| line.starts_with(bucket)), @r#"
    http_request_duration_seconds_bucket{path="/load",le="+Inf"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.001"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.0025"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.005"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.01"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.025"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.05"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.1"} 0
    http_request_duration_seconds_bucket{path="/load",le="0.5"} 0
    http_request_duration_seconds_bucket{path="/load",le="1"} 0
    http_request_duration_seconds_bucket{path="/load",le="10"} 0
    http_request_duration_seconds_bucket{path="/load",le="5"} 0
    http_request_duration_seconds_bucket{path="/load",le="5.25"} 0
    http_request_duration_seconds_bucket{path="/load",le="60"} 0
    "#);
}

#[test]
fn the_content_type_is_one_that_prometheus_accepts() {
    let response = Workload::start(&[]).get("/metrics");
    let content_type = &response.headers["content-type"];
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
}

#[test]
fn each_request_counts_once_under_its_template() {
    let workload = Workload::start(&[]);
    for path in [
        "/",
        "/",
        "/?page=2",
        "/%6Coad?ms=0",
        "/load?ms=x",
        "/api/data",
        "/a/1",
        "/a/2",
    ] {
        workload.get(path);
    }
    workload.request("POST", "/");
    workload.request("BREW", "/coffee");
    let text = workload.get("/metrics").body;
    let counters = sorted(&text, |line| line.starts_with("http_requests_total"));
    insta::assert_snapshot!(counters, @r#"
    http_requests_total{code="200",method="GET",path="/"} 3
    http_requests_total{code="200",method="GET",path="/api/data"} 1
    http_requests_total{code="200",method="GET",path="/load"} 1
    http_requests_total{code="400",method="GET",path="/load"} 1
    http_requests_total{code="404",method="GET",path="unmatched"} 2
    http_requests_total{code="404",method="OTHER",path="unmatched"} 1
    http_requests_total{code="405",method="OTHER",path="/"} 1
    http_requests_total{code="499",method="GET",path="/load"} 0
    http_requests_total{code="503",method="GET",path="/load"} 0
    "#);
}

#[test]
fn the_histogram_sees_each_counted_request() {
    let workload = Workload::start(&[]);
    for _ in 0..3 {
        workload.get("/load?ms=1");
    }
    let series = "http_request_duration_seconds";
    let count = workload.metric(&format!("{series}_count{{path=\"/load\"}}"));
    let sum = workload.metric(&format!("{series}_sum{{path=\"/load\"}}"));
    assert_eq!(count, "3");
    let seconds: f64 = sum.parse().unwrap();
    assert!(seconds >= 0.003, "three loads of 1 ms took {sum} s");
}

#[test]
fn probes_and_scrapes_are_never_counted() {
    let workload = Workload::start(&[]);
    let before = workload.get("/metrics").body;
    for path in ["/health", "/ready", "/metrics", "/health?x=1", "/%68ealth"] {
        assert_eq!(workload.get(path).status, 200, "{path}");
    }
    workload.request("POST", "/health");
    assert_eq!(workload.get("/metrics").body, before);
}

#[test]
fn a_request_whose_client_went_away_counts_as_499() {
    let workload = Workload::start(&[]);
    drop(workload.burn(2, "/load?ms=60000"));
    let aborted = "http_requests_total{code=\"499\",method=\"GET\",path=\"/load\"}";
    until("both are counted", || workload.metric(aborted) == "2");
}

#[test]
fn openmetrics_is_served_to_whom_asks_for_it() {
    let workload = Workload::start(&[]);
    let mut connection = workload.connect();
    connection.send_with(
        "GET",
        "/metrics",
        "accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n",
    );
    let response = connection.receive();
    assert_eq!(
        response.headers["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    assert!(response.body.contains("# TYPE http_requests counter\n"));
    assert!(response.body.ends_with("\n# EOF\n"), "{}", response.body);
}

#[test]
fn requests_under_way_are_shown_until_they_are_answered() {
    let workload = Workload::start(&["--drain", "0s"]);
    let mut burning = workload.burn(3, "/load?ms=60000");
    assert_eq!(workload.metric("http_requests_in_flight"), "3");
    burning.clear();
    until("the abandoned requests are over", || {
        workload.metric("http_requests_in_flight") == "0"
    });
}
