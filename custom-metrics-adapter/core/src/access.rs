//! What an access review is asked about a request.

use crate::{api::GroupVersion, path};

/// The attributes of a `SubjectAccessReview`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessAttributes {
    pub namespace: Option<String>,
    pub verb: &'static str,
    pub group: &'static str,
    pub version: &'static str,
    /// As typed: `pods`, `deployments.apps`; `metrics` for a metric of a namespace.
    pub resource: String,
    pub subresource: Option<String>,
    pub name: Option<String>,
}

/// These belong to the namespace itself, not to a resource in it.
const NAMESPACE_SUBRESOURCES: [&str; 2] = ["status", "finalize"];

impl AccessAttributes {
    /// Reads a request as Kubernetes' own request parser does, whether or not its path leads anywhere;
    /// `method` in upper case. None for a path that is no resource of a served version.
    pub fn of(method: &str, path: &str, query: &str) -> Option<Self> {
        let segments = path::segments(path)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["apis", group, version, parts @ ..] = segments.as_slice() else {
            return None;
        };
        let version = GroupVersion::parse(group, version)?;
        let (namespace, parts) = match parts {
            [] => return None,
            ["namespaces", namespace, below @ ..] => {
                let own = below
                    .first()
                    .is_none_or(|first| NAMESPACE_SUBRESOURCES.contains(first));
                (Some(*namespace), if own { parts } else { below })
            }
            _ => (None, parts),
        };
        let part = |place: usize| parts.get(place).filter(|part| !part.is_empty());
        let mut name = part(1).map(|name| (*name).to_owned());
        let verb = match (verb(method), &name) {
            ("get", None) => {
                let options = path::list_options(query);
                name = options.fields.exact_name().map(str::to_owned);
                if options.watch { "watch" } else { "list" }
            }
            ("delete", None) => "deletecollection",
            (verb, _) => verb,
        };
        Some(Self {
            namespace: namespace.map(str::to_owned),
            verb,
            group: version.group().name(),
            version: version.version(),
            resource: parts.first().copied().unwrap_or_default().to_owned(),
            subresource: part(2).map(|part| (*part).to_owned()),
            name,
        })
    }
}

fn verb(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        "OPTIONS" => "options",
        // Nobody is granted others by name, so only those who may do everything learn more.
        _ => "*",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// `verb group/version namespace resource subresource name`, `-` for what is not there.
    fn asked(method: &str, path: &str) -> Option<String> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let access = AccessAttributes::of(method, &format!("/apis/{path}"), query)?;
        let shown = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
        let AccessAttributes {
            namespace,
            verb,
            group,
            version,
            resource,
            subresource,
            name,
        } = access;
        let group = group.split_once('.').map_or(group, |(first, _)| first);
        Some(format!(
            "{verb} {group}/{version} {} {resource} {} {}",
            shown(namespace),
            shown(subresource),
            shown(name)
        ))
    }

    const CUSTOM: &str = "custom.metrics.k8s.io/v1beta2";

    /// The table of the behaviour note, from the running prometheus-adapter.
    #[rstest]
    #[case(
        "namespaces/default/pods/pod-b/m1",
        "get custom/v1beta2 default pods m1 pod-b"
    )]
    #[case("namespaces/default/pods/*/m1", "get custom/v1beta2 default pods m1 *")]
    #[case(
        "namespaces/default/pods/%2A/m1",
        "get custom/v1beta2 default pods m1 *"
    )]
    #[case(
        "namespaces/default/metrics/m1",
        "get custom/v1beta2 default metrics - m1"
    )]
    #[case("nodes/n1/m1", "get custom/v1beta2 - nodes m1 n1")]
    #[case(
        "namespaces/default/deployments.apps/d/m1",
        "get custom/v1beta2 default deployments.apps m1 d"
    )]
    #[case("blah", "list custom/v1beta2 - blah - -")]
    #[case(
        "namespaces/default",
        "get custom/v1beta2 default namespaces - default"
    )]
    #[case(
        "namespaces/default/status",
        "get custom/v1beta2 default namespaces status default"
    )]
    fn custom_metrics_are_asked_for_as_kubernetes_reads_their_paths(
        #[case] path: &str,
        #[case] access: &str,
    ) {
        assert_eq!(
            asked("GET", &format!("{CUSTOM}/{path}")).as_deref(),
            Some(access)
        );
    }

    #[rstest]
    #[case(
        "GET",
        "external.metrics.k8s.io/v1beta1/namespaces/default/m1",
        "list external/v1beta1 default m1 - -"
    )]
    #[case(
        "GET",
        "external.metrics.k8s.io/v1beta1/namespaces/default/m1?watch=1",
        "watch external/v1beta1 default m1 - -"
    )]
    #[case(
        "GET",
        "external.metrics.k8s.io/v1beta1/namespaces/default/m1?limit=x&watch=1",
        "watch external/v1beta1 default m1 - -"
    )]
    #[case(
        "GET",
        "external.metrics.k8s.io/v1beta1/namespaces/default/m1?fieldSelector=metadata.name%3Dx",
        "list external/v1beta1 default m1 - x"
    )]
    #[case(
        "GET",
        "metrics.k8s.io/v1beta1/nodes",
        "list metrics/v1beta1 - nodes - -"
    )]
    #[case(
        "HEAD",
        "metrics.k8s.io/v1beta1/nodes/n1",
        "get metrics/v1beta1 - nodes - n1"
    )]
    #[case(
        "GET",
        "metrics.k8s.io/v1beta1/pods/",
        "list metrics/v1beta1 - pods - -"
    )]
    #[case(
        "GET",
        "metrics.k8s.io/v1beta1/namespaces/default/pods/p",
        "get metrics/v1beta1 default pods - p"
    )]
    #[case(
        "DELETE",
        "metrics.k8s.io/v1beta1/namespaces/default/pods",
        "deletecollection metrics/v1beta1 default pods - -"
    )]
    #[case(
        "POST",
        "metrics.k8s.io/v1beta1/namespaces/default/pods",
        "create metrics/v1beta1 default pods - -"
    )]
    fn the_verb_follows_method_and_path(
        #[case] method: &str,
        #[case] path: &str,
        #[case] access: &str,
    ) {
        assert_eq!(asked(method, path).as_deref(), Some(access));
    }

    #[rstest]
    #[case("")]
    #[case("custom.metrics.k8s.io")]
    #[case("custom.metrics.k8s.io/v1beta1")]
    #[case("custom.metrics.k8s.io/v1beta1/")]
    #[case("custom.metrics.k8s.io/v2/nodes/n/m")]
    #[case("apps/v1/deployments")]
    #[case("custom.metrics.k8s.io/v1beta1/nodes/%zz/m")]
    fn discovery_and_what_is_not_served_are_mere_paths(#[case] path: &str) {
        assert_eq!(asked("GET", path), None);
    }
}
