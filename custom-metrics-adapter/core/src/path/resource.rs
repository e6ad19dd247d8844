//! Below `/apis/metrics.k8s.io/v1beta1`.

use super::{Options, ResourceMetric, UsageOf, parameters::Parameters, unnamed};
use crate::{
    Reason,
    api::Group,
    ids::{Namespace, ObjectName},
    selector::Selector,
};

/// `segments` stand behind the version and are not empty.
pub(super) fn parse(segments: &[&str], query: &str) -> Result<(ResourceMetric, Options), Reason> {
    let (namespace, kind, name) = match *segments {
        ["namespaces", namespace, "pods"] => (Some(namespace), "pods", None),
        ["namespaces", namespace, "pods", name] => (Some(namespace), "pods", Some(name)),
        ["pods"] => (None, "pods", None),
        ["nodes"] => (None, "nodes", None),
        ["nodes", name] => (None, "nodes", Some(name)),
        _ => return Err(Reason::UnknownPath),
    };
    let namespace = namespace.map(Namespace::new).transpose();
    let namespace = namespace.map_err(unnamed)?;
    let name = name.map(ObjectName::new).transpose().map_err(unnamed)?;
    let parameters = Parameters::parse(query);
    let (label_selector, options) = if name.is_some() {
        // A single object takes none of a list's parameters.
        (Selector::default(), parameters.general()?)
    } else {
        (parameters.selector("labelSelector")?, parameters.list()?)
    };
    if options.watch {
        let group = Group::Resource;
        return Err(Reason::WatchNotSupported { group, kind });
    }
    let metric = ResourceMetric {
        kind: match kind {
            "nodes" => UsageOf::Nodes,
            _ => UsageOf::Pods(namespace),
        },
        name,
        label_selector,
    };
    Ok((metric, options))
}
