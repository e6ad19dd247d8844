//! Names of metrics, namespaces, resources and objects, checked once at the door.

use std::fmt;

use serde::Serialize;

/// A text that cannot be one segment of an API path, and therefore never names anything.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what} {value:?} {problem}")]
pub struct InvalidName {
    /// What the text was meant to be, such as `metric name`.
    pub what: &'static str,
    /// The text as given.
    pub value: String,
    /// What is wrong with it, as the end of a sentence.
    pub problem: &'static str,
}

/// Anything the path can carry is a name: prometheus-adapter passes object names on unchecked, quotes and
/// all, and the query quotes them. Only what cannot be *in* a path segment is refused.
fn check(what: &'static str, value: &str) -> Result<(), InvalidName> {
    let problem = match value {
        "" => "is empty",
        "." | ".." => "is a relative path",
        _ if value.contains('/') => "contains '/'",
        _ if value.chars().any(char::is_control) => "contains a control character",
        _ => return Ok(()),
    };
    Err(InvalidName {
        what,
        value: value.to_owned(),
        problem,
    })
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub struct $type(Box<str>);

        impl $type {
            /// Accepts any non-empty path segment: no `/`, no control character, not `.` or `..`.
            pub fn new(value: impl Into<String>) -> Result<Self, InvalidName> {
                let value = value.into();
                check($what, &value)?;
                Ok(Self(value.into_boxed_str()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $type {
            type Err = InvalidName;

            fn from_str(value: &str) -> Result<Self, InvalidName> {
                Self::new(value)
            }
        }
    };
}

name!(
    /// The name of a metric in the API, such as `http_requests_per_second`.
    MetricName,
    "metric name"
);
name!(
    /// A namespace as it stands in a path.
    Namespace,
    "namespace"
);
name!(
    /// The name of a described object, such as a pod.
    ObjectName,
    "object name"
);

/// A resource and its API group, as people type it: `pods`, `deployments.apps`.
///
/// The group of core resources is empty. Nothing is normalised here; see [`crate::resources::ResourceMap`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GroupResource {
    pub resource: String,
    pub group: String,
}

impl GroupResource {
    pub fn new(group: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            group: group.into(),
        }
    }

    /// Splits at the first dot, as Kubernetes does: the rest, dots and all, is the group.
    pub fn parse(text: &str) -> Self {
        let (resource, group) = text.split_once('.').unwrap_or((text, ""));
        Self::new(group, resource)
    }
}

impl fmt::Display for GroupResource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.resource)?;
        if !self.group.is_empty() {
            write!(out, ".{}", self.group)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("")]
    #[case(".")]
    #[case("..")]
    #[case("a/b")]
    #[case("a\nb")]
    fn what_cannot_be_a_path_segment_is_no_name(#[case] text: &str) {
        let error = MetricName::new(text).unwrap_err();
        assert!(error.to_string().starts_with("metric name "), "{error}");
    }

    #[test]
    fn a_name_may_hold_quotes_and_colons() {
        assert_eq!(ObjectName::new(r#"p"o\d"#).unwrap().as_str(), r#"p"o\d"#);
        assert_eq!(
            MetricName::new("job:rate:5m").unwrap().as_str(),
            "job:rate:5m"
        );
    }

    #[rstest]
    #[case("pods", "pods", "")]
    #[case("deployments.apps", "deployments", "apps")]
    #[case("ingresses.networking.k8s.io", "ingresses", "networking.k8s.io")]
    fn a_resource_splits_at_its_first_dot(
        #[case] text: &str,
        #[case] resource: &str,
        #[case] group: &str,
    ) {
        let parsed = GroupResource::parse(text);
        assert_eq!(
            (parsed.resource.as_str(), parsed.group.as_str()),
            (resource, group)
        );
        assert_eq!(parsed.to_string(), text);
    }
}
