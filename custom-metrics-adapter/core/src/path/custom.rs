//! Below `/apis/custom.metrics.k8s.io/{version}`.

use super::{
    CustomMetric, NameOrAll, Options, Scope,
    parameters::{Parameters, bad_request},
    unnamed,
};
use crate::{
    Reason,
    api::GroupVersion,
    ids::{GroupResource, MetricName, Namespace, ObjectName},
};

/// `segments` stand behind the version and are not empty.
pub(super) fn parse(
    version: GroupVersion,
    segments: &[&str],
    query: &str,
) -> Result<(CustomMetric, Options), Reason> {
    let (scope, resource, name, metric) = match *segments {
        ["namespaces", namespace, "metrics", metric] => {
            let scope = Scope::NamespaceMetric(Namespace::new(namespace).map_err(unnamed)?);
            (scope, "namespaces", namespace, metric)
        }
        ["namespaces", namespace, resource, name, metric] => (
            Scope::Namespaced(Namespace::new(namespace).map_err(unnamed)?),
            resource,
            name,
            metric,
        ),
        // Upstream's root route takes these and finds no object name in them.
        ["namespaces", _, _] => return Err(Reason::InvalidPath),
        [resource, name, metric] => (Scope::Root, resource, name, metric),
        _ => return Err(Reason::UnknownPath),
    };
    let metric = MetricName::new(metric).map_err(unnamed)?;
    if resource.is_empty() {
        return Err(Reason::UnknownPath);
    }
    let parsed_name = match name {
        "*" => NameOrAll::All,
        name => NameOrAll::Name(ObjectName::new(name).map_err(unnamed)?),
    };
    let parameters = Parameters::parse(query);
    let options = parameters.list()?;
    let fields = &options.fields;
    if !fields.is_empty() && fields.exact_name() != Some(name) {
        let problem = "fieldSelector metadata.name doesn't match requested name";
        return Err(bad_request(problem));
    }
    let metric = CustomMetric {
        version,
        scope,
        resource: GroupResource::parse(resource),
        name: parsed_name,
        metric,
        label_selector: parameters.selector("labelSelector")?,
        // Upstream answers 500 to a malformed one; it is the client's mistake all the same.
        metric_label_selector: parameters.selector("metricLabelSelector")?,
    };
    Ok((metric, options))
}
