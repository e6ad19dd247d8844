//! Below `/apis/external.metrics.k8s.io/v1beta1`.

use super::{ExternalMetric, Options, parameters::Parameters, unnamed};
use crate::{
    Reason,
    api::Group,
    ids::{MetricName, Namespace},
};

/// `segments` stand behind the version and are not empty.
pub(super) fn parse(segments: &[&str], query: &str) -> Result<(ExternalMetric, Options), Reason> {
    let ["namespaces", namespace, metric] = *segments else {
        return Err(Reason::UnknownPath);
    };
    let namespace = Namespace::new(namespace).map_err(unnamed)?;
    let metric = MetricName::new(metric).map_err(unnamed)?;
    let parameters = Parameters::parse(query);
    let selector = parameters.selector("labelSelector")?;
    let options = parameters.list()?;
    if options.watch {
        return Err(Reason::WatchNotSupported {
            group: Group::External,
            kind: "*",
        });
    }
    let metric = ExternalMetric {
        namespace,
        metric,
        selector,
    };
    Ok((metric, options))
}
