//! The requests an autoscaler's controller sends, one for each metric.

use super::{Hpa, Metric, Source, spec::Reference};
use crate::{
    api::GroupVersion,
    ids::{GroupResource, ObjectName},
    path::{CustomMetric, ExternalMetric, NameOrAll, Request, ResourceMetric, Scope, UsageOf},
    resources::ResourceMap,
    selector::Selector,
};

/// The cluster has no kind that an Object metric describes, so its controller never gets to ask.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no matches for kind {kind:?} in group {group:?}")]
pub struct UnknownKind {
    pub group: String,
    pub kind: String,
}

/// The request that `metric` of `hpa` is read with.
///
/// `pods` is the selector in the status of the target's scale; `custom` the version of
/// `custom.metrics.k8s.io` that the cluster prefers.
///
/// # Errors
/// When the described kind is unknown.
pub fn request(
    hpa: &Hpa,
    metric: &Metric,
    pods: &Selector,
    custom: GroupVersion,
    kinds: &ResourceMap,
) -> Result<Request, UnknownKind> {
    Ok(match &metric.source {
        Source::Pods { metric, selector } => custom_metric(CustomMetric {
            version: custom,
            scope: Scope::Namespaced(hpa.namespace.clone()),
            resource: GroupResource::new("", "pods"),
            name: NameOrAll::All,
            metric: metric.clone(),
            label_selector: pods.clone(),
            metric_label_selector: selector.clone(),
        }),
        Source::Object {
            described,
            metric,
            selector,
        } => {
            let (scope, resource, name) = described_object(hpa, described, kinds)?;
            custom_metric(CustomMetric {
                version: custom,
                scope,
                resource,
                name,
                metric: metric.clone(),
                label_selector: Selector::default(),
                metric_label_selector: selector.clone(),
            })
        }
        Source::External { metric, selector } => {
            Request::ExternalMetric(Box::new(ExternalMetric {
                namespace: hpa.namespace.clone(),
                metric: metric.clone(),
                selector: selector.clone(),
            }))
        }
        Source::Resource { .. } => Request::ResourceMetric(Box::new(ResourceMetric {
            kind: UsageOf::Pods(Some(hpa.namespace.clone())),
            name: None,
            label_selector: pods.clone(),
        })),
    })
}

fn custom_metric(metric: CustomMetric) -> Request {
    Request::CustomMetric(Box::new(metric))
}

/// Always below the autoscaler's own namespace; of a described Namespace even the name is ignored.
fn described_object(
    hpa: &Hpa,
    described: &Reference,
    kinds: &ResourceMap,
) -> Result<(Scope, GroupResource, NameOrAll), UnknownKind> {
    let unknown = || UnknownKind {
        group: described.group.clone(),
        kind: described.kind.clone(),
    };
    let name = |name: &str| ObjectName::new(name).map(NameOrAll::Name);
    if described.kind == "Namespace" && described.group.is_empty() {
        let namespace = hpa.namespace.clone();
        let name = name(namespace.as_str()).map_err(|_| unknown())?;
        let resource = GroupResource::new("", "namespaces");
        return Ok((Scope::NamespaceMetric(namespace), resource, name));
    }
    let known = kinds
        .iter()
        .find(|known| known.kind == described.kind && known.group == described.group)
        .ok_or_else(unknown)?;
    let name = name(&described.name).map_err(|_| unknown())?;
    Ok((
        Scope::Namespaced(hpa.namespace.clone()),
        known.group_resource(),
        name,
    ))
}

/// Path and query of a request, escaped as Go's clients escape them.
pub fn url(request: &Request) -> String {
    let (segments, query): (Vec<String>, Vec<(&str, &Selector)>) = match request {
        Request::Apis => (vec![], vec![]),
        Request::Group(group) => (vec![group.name().to_owned()], vec![]),
        Request::ResourceList(version) => (root(*version), vec![]),
        Request::CustomMetric(metric) => (
            custom_segments(metric),
            vec![
                ("labelSelector", &metric.label_selector),
                ("metricLabelSelector", &metric.metric_label_selector),
            ],
        ),
        Request::ExternalMetric(metric) => (
            [
                root(GroupVersion::ExternalV1Beta1),
                vec!["namespaces".to_owned(), metric.namespace.to_string()],
                vec![metric.metric.to_string()],
            ]
            .concat(),
            vec![("labelSelector", &metric.selector)],
        ),
        Request::ResourceMetric(metric) => (
            resource_segments(metric),
            vec![("labelSelector", &metric.label_selector)],
        ),
    };
    let mut url = "/apis".to_owned();
    for segment in segments {
        url.push('/');
        escape(&segment, "-_.~$&+,/:;=@", &mut url);
    }
    let mut separator = '?';
    for (key, selector) in query {
        if !selector.is_empty() {
            url.push(separator);
            url.push_str(key);
            url.push('=');
            escape(&selector.to_string(), "-_.~ ", &mut url);
            separator = '&';
        }
    }
    url
}

fn root(version: GroupVersion) -> Vec<String> {
    vec![
        version.group().name().to_owned(),
        version.version().to_owned(),
    ]
}

fn custom_segments(metric: &CustomMetric) -> Vec<String> {
    let mut segments = root(metric.version);
    let name = match &metric.name {
        NameOrAll::Name(name) => name.to_string(),
        NameOrAll::All => "*".to_owned(),
    };
    match &metric.scope {
        Scope::NamespaceMetric(namespace) => {
            let described = ["namespaces", namespace.as_str(), "metrics"];
            segments.extend(described.map(str::to_owned));
        }
        Scope::Namespaced(namespace) => {
            let place = ["namespaces", namespace.as_str()];
            segments.extend(place.map(str::to_owned));
            segments.extend([metric.resource.to_string(), name]);
        }
        Scope::Root => segments.extend([metric.resource.to_string(), name]),
    }
    segments.push(metric.metric.to_string());
    segments
}

fn resource_segments(metric: &ResourceMetric) -> Vec<String> {
    let mut segments = root(GroupVersion::ResourceV1Beta1);
    match &metric.kind {
        UsageOf::Nodes => segments.push("nodes".to_owned()),
        UsageOf::Pods(namespace) => {
            if let Some(namespace) = namespace {
                segments.extend(["namespaces".to_owned(), namespace.to_string()]);
            }
            segments.push("pods".to_owned());
        }
    }
    segments.extend(metric.name.as_ref().map(ToString::to_string));
    segments
}

/// Percent-escapes all but letters, digits and `keep`; a space that is kept becomes `+`, as in forms.
fn escape(text: &str, keep: &str, out: &mut String) {
    for byte in text.bytes() {
        let character = char::from(byte);
        if character == ' ' && keep.contains(' ') {
            out.push('+');
        } else if character.is_ascii_alphanumeric() || (byte.is_ascii() && keep.contains(character))
        {
            out.push(character);
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                let digit = char::from_digit(half.into(), 16).unwrap_or_default();
                out.push(digit.to_ascii_uppercase());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn hpa(metric: &serde_json::Value) -> Hpa {
        let object = json!({
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"maxReplicas": 5, "metrics": [metric]},
        });
        Hpa::read(object, "default").unwrap()
    }

    fn sent(metric: &serde_json::Value) -> Result<String, String> {
        let hpa = hpa(metric);
        let pods = Selector::parse("app=web,tier in (b,a)").map_err(|error| error.to_string())?;
        let kinds = ResourceMap::builtin();
        let custom = GroupVersion::CustomV1Beta1;
        request(&hpa, &hpa.metrics[0], &pods, custom, &kinds)
            .map(|request| url(&request))
            .map_err(|error| error.to_string())
    }

    #[rstest]
    #[case(
        json!({"type": "Pods", "pods": {"metric": {"name": "rps", "selector": {"matchLabels": {"code": "200"}}}, "target": {"averageValue": "10"}}}),
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/pods/%2A/rps?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29&metricLabelSelector=code%3D200"
    )]
    #[case(
        json!({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "front"}, "target": {"type": "Value", "value": 1}}}),
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/ingresses.networking.k8s.io/front/hits"
    )]
    #[case(
        json!({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "front"}, "target": {"type": "Value", "value": 1}}}),
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/services/front/hits"
    )]
    #[case(
        json!({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": {"kind": "Namespace", "name": "ignored"}, "target": {"type": "Value", "value": 1}}}),
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/metrics/hits"
    )]
    #[case(
        json!({"type": "External", "external": {"metric": {"name": "depth"}, "target": {"value": 1}}}),
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/depth"
    )]
    #[case(
        json!({"type": "External", "external": {"metric": {"name": "a:b", "selector": {"matchExpressions": [{"key": "q", "operator": "NotIn", "values": ["x"]}]}}, "target": {"value": 1}}}),
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/a:b?labelSelector=q+notin+%28x%29"
    )]
    #[case(
        json!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 50}}}),
        "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29"
    )]
    fn every_metric_is_asked_for_as_its_controller_does(
        #[case] metric: serde_json::Value,
        #[case] expected: &str,
    ) {
        assert_eq!(sent(&metric).unwrap(), expected);
    }

    #[test]
    fn a_kind_the_cluster_does_not_have_is_never_asked_for() {
        let metric = json!({"type": "Object", "object": {"metric": {"name": "lag"}, "describedObject": {"apiVersion": "kafka.io/v1", "kind": "Topic", "name": "t"}, "target": {"type": "Value", "value": 1}}});
        let error = sent(&metric).unwrap_err();
        assert_eq!(error, r#"no matches for kind "Topic" in group "kafka.io""#);
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_a_server_reads(
            metric in "[a-zA-Z0-9_:.%+ äß-]{1,12}",
            object in "[a-z0-9.-]{1,12}",
            value in "[a-zA-Z0-9]{1,8}",
        ) {
            prop_assume!(metric != "." && metric != "..");
            prop_assume!(object != "." && object != "..");
            let request = custom_metric(CustomMetric {
                version: GroupVersion::CustomV1Beta2,
                scope: Scope::Namespaced(crate::ids::Namespace::new("shop").unwrap()),
                resource: GroupResource::new("apps", "deployments"),
                name: NameOrAll::Name(ObjectName::new(object).unwrap()),
                metric: crate::ids::MetricName::new(metric).unwrap(),
                label_selector: Selector::default(),
                metric_label_selector: Selector::parse(&format!("a={value},b in (c,{value})")).unwrap(),
            });
            let url = url(&request);
            let (path, query) = url.split_once('?').unwrap();
            prop_assert_eq!(Request::parse(path, query).unwrap(), request);
        }
    }
}
