//! `metav1.Status` of a failure.

use serde::Serialize;

use super::Empty;
use crate::{
    Reason, access::AccessAttributes, api::Group, negotiate::Refused, reason::Forbidden,
};

/// `metav1.Status` of a failure.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    kind: &'static str,
    api_version: &'static str,
    metadata: Empty,
    #[serde(rename = "status")]
    outcome: &'static str,
    message: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
    code: u16,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<Cause>,
}

#[derive(Clone, Debug, Serialize)]
struct Cause {
    message: String,
}

impl From<&Reason> for Status {
    fn from(reason: &Reason) -> Self {
        Self {
            kind: "Status",
            api_version: "v1",
            metadata: Empty {},
            outcome: "Failure",
            message: reason.message(),
            reason: reason.reason(),
            details: details(reason),
            code: reason.code(),
        }
    }
}

/// Which failures carry details, and which, is upstream's choice one by one.
fn details(reason: &Reason) -> Option<Details> {
    let cause = |message: &str| Details {
        causes: vec![Cause {
            message: message.to_owned(),
        }],
        ..Details::default()
    };
    match reason {
        Reason::WatchNotSupported { group, kind } => Some(Details {
            group: Some(group.name()),
            kind: Some((*kind).to_owned()),
            ..Details::default()
        }),
        Reason::NoObject {
            kind, group, name, ..
        } => Some(Details {
            name: Some(name.clone()),
            group: group.map(Group::name),
            kind: Some((*kind).to_owned()),
            causes: vec![],
        }),
        Reason::UnknownPath
        | Reason::MethodNotAllowed
        | Reason::NotAcceptable(Refused::MediaType(_))
        | Reason::Timeout { .. } => Some(Details::default()),
        Reason::CannotList { why } | Reason::Internal { why } => Some(cause(why)),
        Reason::Backend { .. } => Some(cause("unable to fetch metrics")),
        Reason::Forbidden(denied) => Some(match denied.as_ref() {
            Forbidden::Resource {
                access:
                    AccessAttributes {
                        group,
                        resource,
                        name,
                        ..
                    },
                ..
            } => Details {
                name: name.clone(),
                group: Some(group),
                kind: Some(resource.clone()),
                causes: vec![],
            },
            Forbidden::Path { .. } => Details::default(),
        }),
        Reason::InvalidPath
        | Reason::BadRequest { .. }
        | Reason::NotAcceptable(_)
        | Reason::NoMetric { .. }
        | Reason::NoValue { .. }
        | Reason::NoValues { .. }
        | Reason::ObjectsNotReady { .. }
        | Reason::UnexpectedResult { .. }
        | Reason::Unauthorized
        | Reason::TooManyRequests => None,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::ids::{GroupResource, MetricName};

    fn body(reason: &Reason) -> String {
        serde_json::to_string(&Status::from(reason)).unwrap()
    }

    #[test]
    fn keys_stand_in_the_order_of_the_contract() {
        assert_snapshot!(body(&Reason::UnknownPath), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}"#);
    }

    #[test]
    fn a_metric_that_is_not_there_carries_no_details() {
        let reason = Reason::NoMetric {
            metric: MetricName::new("m").unwrap(),
            resource: GroupResource::parse("po"),
            why: "the resource po is not known".to_owned(),
        };
        assert_snapshot!(body(&reason), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the metric m for po: the resource po is not known","reason":"NotFound","code":404}"#);
    }

    #[test]
    fn a_failed_backend_names_upstreams_cause() {
        let reason = Reason::Backend {
            why: "connection refused".to_owned(),
        };
        assert_snapshot!(body(&reason), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Internal error occurred: unable to fetch metrics: connection refused","reason":"InternalError","details":{"causes":[{"message":"unable to fetch metrics"}]},"code":500}"#);
    }

    #[test]
    fn a_denial_names_what_was_denied() {
        let access = AccessAttributes {
            namespace: Some("default".to_owned()),
            verb: "get",
            group: "custom.metrics.k8s.io",
            version: "v1beta2",
            resource: "pods".to_owned(),
            subresource: Some("http_requests_per_second".to_owned()),
            name: Some("pod-b".to_owned()),
        };
        let denied = Forbidden::Resource {
            user: "u".to_owned(),
            access,
            why: "no RBAC policy matched".to_owned(),
        };
        assert_snapshot!(body(&Reason::Forbidden(Box::new(denied))), @r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods.custom.metrics.k8s.io \"pod-b\" is forbidden: User \"u\" cannot get resource \"pods/http_requests_per_second\" in API group \"custom.metrics.k8s.io\" in the namespace \"default\": no RBAC policy matched","reason":"Forbidden","details":{"name":"pod-b","group":"custom.metrics.k8s.io","kind":"pods"},"code":403}"#);
    }
}
