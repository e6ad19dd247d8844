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

#[test]
fn of_several_values_for_one_parameter_the_first_counts() {
    let metric = read("nodes/*/m1", "labelSelector=a&labelSelector=b");
    assert_eq!(metric.label_selector.to_string(), "a");
}

const EXTERNAL: &str = "/apis/external.metrics.k8s.io/v1beta1";
const RESOURCE: &str = "/apis/metrics.k8s.io/v1beta1";

#[rstest]
#[case("namespaces/default/queue_depth", "default", "queue_depth")]
#[case("namespaces/default/queue%3Adepth/", "default", "queue:depth")]
#[case("namespaces/%2A/m", "*", "m")]
fn an_external_metric_is_read_below_a_namespace(
    #[case] path: &str,
    #[case] namespace: &str,
    #[case] metric: &str,
) {
    let query = "labelSelector=name+in+%28q2%2Cq1%29&metricLabelSelector=%3C";
    let request = ExternalMetric {
        namespace: Namespace::new(namespace).unwrap(),
        metric: MetricName::new(metric).unwrap(),
        selector: Selector::parse("name in (q1,q2)").unwrap(),
    };
    assert_eq!(
        Request::parse(&format!("{EXTERNAL}/{path}"), query),
        Ok(Request::ExternalMetric(Box::new(request)))
    );
}

#[rstest]
#[case("nodes", UsageOf::Nodes, None)]
#[case("nodes/node1", UsageOf::Nodes, Some("node1"))]
#[case("pods", UsageOf::Pods(None), None)]
#[case("namespaces/default/pods/", UsageOf::Pods(Some(Namespace::new("default").unwrap())), None)]
#[case("namespaces/default/pods/pod-a", UsageOf::Pods(Some(Namespace::new("default").unwrap())), Some("pod-a"))]
fn usage_is_read_of_nodes_and_pods(
    #[case] path: &str,
    #[case] kind: UsageOf,
    #[case] name: Option<&str>,
) {
    let request = ResourceMetric {
        kind,
        name: name.map(|name| ObjectName::new(name).unwrap()),
        label_selector: Selector::default(),
    };
    assert_eq!(
        Request::parse(&format!("{RESOURCE}/{path}"), ""),
        Ok(Request::ResourceMetric(Box::new(request)))
    );
}

#[rstest]
#[case(EXTERNAL, "queue_depth")]
#[case(EXTERNAL, "namespaces/foo")]
#[case(EXTERNAL, "namespaces/foo/group/metric")]
#[case(EXTERNAL, "namespaces//metric")]
#[case("/apis/external.metrics.k8s.io/v1beta2", "namespaces/foo/metric")]
#[case(RESOURCE, "services")]
#[case(RESOURCE, "namespaces/default")]
#[case(RESOURCE, "namespaces/default/nodes")]
#[case(RESOURCE, "pods/pod-a")]
#[case(RESOURCE, "namespaces/default/pods/pod-a/log")]
fn other_paths_of_the_other_groups_are_not_found(#[case] version: &str, #[case] path: &str) {
    assert_eq!(
        Request::parse(&format!("{version}/{path}"), ""),
        Err(Reason::UnknownPath)
    );
}

const CUSTOM_PATH: &str = "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/pod-b/m1";
const EXTERNAL_PATH: &str = "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/m1";
const PODS_PATH: &str = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods";
const POD_PATH: &str = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/pod-a";

#[rstest]
#[case(
    CUSTOM_PATH,
    "pretty=x&limit=5&continue=x&resourceVersion=x&timeoutSeconds=-5&watch=true"
)]
#[case(CUSTOM_PATH, "fieldSelector=metadata.name%3Dpod-b")]
#[case(CUSTOM_PATH, "fieldSelector=")]
#[case(
    "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/metrics/m1",
    "fieldSelector=metadata.name%3Ddefault"
)]
#[case(EXTERNAL_PATH, "watch=0&limit=1&fieldSelector=metadata.name%3Dx")]
#[case(EXTERNAL_PATH, "watch=False")]
#[case(PODS_PATH, "watch=false&fieldSelector=metadata.name%3Dx")]
#[case(POD_PATH, "watch=1&limit=x&labelSelector=%3C")]
#[case(CUSTOM_PATH, "a=%zz&%zz=1&%ff")]
fn parameters_of_lists_are_taken(#[case] path: &str, #[case] query: &str) {
    assert!(Call::parse(path, query).is_ok());
}

#[rstest]
#[case(
    CUSTOM_PATH,
    "limit=x",
    400,
    r#"strconv.ParseInt: parsing "x": invalid syntax"#
)]
#[case(
    CUSTOM_PATH,
    "limit=",
    400,
    r#"strconv.ParseInt: parsing "": invalid syntax"#
)]
#[case(
    PODS_PATH,
    "timeoutSeconds=99999999999999999999",
    400,
    r#"strconv.ParseInt: parsing "99999999999999999999": value out of range"#
)]
#[case(
    CUSTOM_PATH,
    "timeout=5",
    400,
    r#"invalid timeout specified in the request URL - time: missing unit in duration "5""#
)]
#[case(
    "/apis",
    "timeout=x",
    400,
    r#"invalid timeout specified in the request URL - time: invalid duration "x""#
)]
#[case(
    CUSTOM_PATH,
    "fieldSelector=metadata.name%3Dother",
    400,
    "fieldSelector metadata.name doesn't match requested name"
)]
#[case(
    "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/m1",
    "fieldSelector=metadata.name%3Dpod-b",
    400,
    "fieldSelector metadata.name doesn't match requested name"
)]
#[case(
    CUSTOM_PATH,
    "fieldSelector=metadata.namespace%3Ddefault",
    400,
    "fieldSelector metadata.name doesn't match requested name"
)]
#[case(
    EXTERNAL_PATH,
    "fieldSelector=a%3Db",
    400,
    r#""a" is not a known field selector: only "metadata.name", "metadata.namespace""#
)]
#[case(
    EXTERNAL_PATH,
    "labelSelector=a+b",
    400,
    "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"
)]
#[case(
    EXTERNAL_PATH,
    "watch=1",
    405,
    r#"watch is not supported on resources of kind "*.external.metrics.k8s.io""#
)]
#[case(
    PODS_PATH,
    "watch",
    405,
    r#"watch is not supported on resources of kind "pods.metrics.k8s.io""#
)]
fn parameters_that_cannot_be_read_or_met_are_refused(
    #[case] path: &str,
    #[case] query: &str,
    #[case] code: u16,
    #[case] message: &str,
) {
    let reason = Call::parse(path, query).unwrap_err();
    assert_eq!((reason.code(), reason.message().as_str()), (code, message));
}

#[test]
fn a_client_may_say_how_long_it_waits() {
    let timeout = |query| Call::parse(CUSTOM_PATH, query).unwrap().options.timeout;
    let seconds = std::time::Duration::from_secs;
    assert_eq!(timeout("timeout=5s"), Some(seconds(5)));
    assert_eq!(timeout("timeout=0s"), None);
    assert_eq!(timeout(""), None);
}
