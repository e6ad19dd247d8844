use rstest::rstest;

use super::*;

const BETA1: &str = "/apis/custom.metrics.k8s.io/v1beta1";

fn read(path: &str, query: &str) -> CustomMetric {
    match Request::parse(&format!("{BETA1}/{path}"), query) {
        Ok(Request::CustomMetric(metric)) => *metric,
        other => panic!("{path} is no metric: {other:?}"),
    }
}

/// `namespace | resource | name | metric`, `-` for what is not there.
fn shown(metric: &CustomMetric) -> String {
    let scope = match &metric.scope {
        Scope::Namespaced(namespace) => namespace.as_str(),
        Scope::Root => "-",
        Scope::NamespaceMetric(_) => "metric of",
    };
    let name = match &metric.name {
        NameOrAll::Name(name) => name.as_str(),
        NameOrAll::All => "all",
    };
    format!("{scope} | {} | {name} | {}", metric.resource, metric.metric)
}

#[rstest]
#[case("/apis", Request::Apis)]
#[case("/apis/", Request::Apis)]
#[case("/apis/custom.metrics.k8s.io", Request::Group(Group::Custom))]
#[case("/apis/custom.metrics.k8s.io/", Request::Group(Group::Custom))]
#[case(
    "/apis/custom.metrics.k8s.io/v1beta1",
    Request::ResourceList(GroupVersion::CustomV1Beta1)
)]
#[case(
    "/apis/custom.metrics.k8s.io/v1beta2/",
    Request::ResourceList(GroupVersion::CustomV1Beta2)
)]
fn discovery_paths_are_known(#[case] path: &str, #[case] request: Request) {
    assert_eq!(Request::parse(path, ""), Ok(request));
}

#[rstest]
#[case("namespaces/default/pods/pod-b/m1", "default | pods | pod-b | m1")]
#[case("namespaces/default/pods/pod-b/m1/", "default | pods | pod-b | m1")]
#[case("namespaces/default/pods/%2A/m1", "default | pods | all | m1")]
#[case(
    "namespaces/default/pods/*/gauge%3Acolon",
    "default | pods | all | gauge:colon"
)]
#[case(
    "namespaces/default/deployments.apps/d/m1",
    "default | deployments.apps | d | m1"
)]
#[case("namespaces/default/pods%2Fx/m1", "default | pods | x | m1")]
#[case("nodes/n1/m1", "- | nodes | n1 | m1")]
#[case(
    "namespaces/default/metrics/m1",
    "metric of | namespaces | default | m1"
)]
#[case("namespaces/*/metrics/m1", "metric of | namespaces | all | m1")]
fn metric_paths_are_taken_apart(#[case] path: &str, #[case] expected: &str) {
    assert_eq!(shown(&read(path, "")), expected);
}

#[rstest]
#[case("/")]
#[case("")]
#[case("/api")]
#[case("/apis/other.io")]
#[case("/apis/custom.metrics.k8s.io/v1")]
#[case("/apis/custom.metrics.k8s.io/v1/nodes/n/m")]
#[case("/apis/custom.metrics.k8s.io/v1beta1/blah")]
#[case("/apis/custom.metrics.k8s.io/v1beta1/nodes/foo")]
#[case("/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods/bar")]
#[case("/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods//m")]
#[case("/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods/../m")]
#[case("/apis/custom.metrics.k8s.io/v1beta1/a/b/c/d/e/f")]
fn other_paths_are_not_found(#[case] path: &str) {
    assert_eq!(Request::parse(path, ""), Err(Reason::UnknownPath));
}

#[test]
fn a_namespaced_list_without_a_metric_is_an_invalid_path() {
    assert_eq!(
        Request::parse(&format!("{BETA1}/namespaces/ns/pods"), ""),
        Err(Reason::InvalidPath)
    );
}

#[test]
fn selectors_are_decoded_and_parsed() {
    let query =
        "labelSelector=app%3Dx%2Ctier+in+%28a%2Cb%29&metricLabelSelector=code%3D%3D200&limit=5&&x";
    let metric = read("namespaces/default/pods/*/m1", query);
    assert_eq!(metric.label_selector.to_string(), "app=x,tier in (a,b)");
    assert_eq!(metric.metric_label_selector.to_string(), "code==200");
}

#[rstest]
#[case(
    "labelSelector=a+b",
    "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"
)]
#[case(
    "metricLabelSelector=a+b",
    "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"
)]
#[case(
    "labelSelector=%zz",
    "\"%zz\" holds a % that two hexadecimal digits do not follow"
)]
#[case("labelSelector=%ff", "\"%ff\" is not UTF-8 once decoded")]
fn a_selector_that_cannot_be_read_is_a_bad_request(#[case] query: &str, #[case] message: &str) {
    let reason = Request::parse(&format!("{BETA1}/nodes/*/m1"), query).unwrap_err();
    assert_eq!((reason.code(), reason.message().as_str()), (400, message));
}

/// As kube-apiserver's request parser sees these paths.
#[rstest]
#[case(
    "namespaces/default/pods/pod-b/m1",
    Some("default"),
    "pods",
    Some("m1"),
    "pod-b"
)]
#[case(
    "namespaces/default/pods/*/m1",
    Some("default"),
    "pods",
    Some("m1"),
    "*"
)]
#[case(
    "namespaces/default/metrics/m1",
    Some("default"),
    "metrics",
    None,
    "m1"
)]
#[case("nodes/n1/m1", None, "nodes", Some("m1"), "n1")]
#[case(
    "namespaces/default/deployments.apps/d/m1",
    Some("default"),
    "deployments.apps",
    Some("m1"),
    "d"
)]
fn access_is_asked_as_kubernetes_reads_the_path(
    #[case] path: &str,
    #[case] namespace: Option<&str>,
    #[case] resource: &str,
    #[case] subresource: Option<&str>,
    #[case] name: &str,
) {
    let expected = AccessAttributes {
        namespace: namespace.map(str::to_owned),
        verb: "get",
        group: Group::Custom.name(),
        version: "v1beta1",
        resource: resource.to_owned(),
        subresource: subresource.map(str::to_owned),
        name: Some(name.to_owned()),
    };
    assert_eq!(read(path, "").access(), expected);
}
