//! `metav1.Status` of a failure.

use prost::Message;
use serde::Serialize;

use super::{ListMeta, Object};
use crate::{Reason, access::AccessAttributes, api::Group, negotiate::Refused, reason::Forbidden};

/// `metav1.Status`
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct Status {
    #[prost(message, required, tag = "1")]
    metadata: ListMeta,
    #[prost(string, required, tag = "2")]
    #[serde(rename = "status")]
    outcome: String,
    #[prost(string, required, tag = "3")]
    message: String,
    #[prost(string, required, tag = "4")]
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[prost(message, optional, tag = "5")]
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
    #[prost(int32, required, tag = "6")]
    code: i32,
}

/// `metav1.StatusDetails`
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[prost(string, required, tag = "1")]
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[prost(string, required, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    group: String,
    #[prost(string, required, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    #[prost(message, repeated, tag = "4")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<Cause>,
    #[prost(int32, required, tag = "5")]
    #[serde(skip)]
    retry_after_seconds: i32,
    #[prost(string, required, tag = "6")]
    #[serde(skip)]
    uid: String,
}

/// `metav1.StatusCause`
#[derive(Clone, PartialEq, Message, Serialize)]
struct Cause {
    #[prost(string, required, tag = "1")]
    #[serde(skip)]
    reason: String,
    #[prost(string, required, tag = "2")]
    message: String,
    #[prost(string, required, tag = "3")]
    #[serde(skip)]
    field: String,
}

/// The body of a failure.
pub fn status(reason: &Reason) -> Object<Status> {
    Object {
        kind: "Status",
        api_version: "v1".to_owned(),
        body: Status {
            metadata: ListMeta::default(),
            outcome: "Failure".to_owned(),
            message: reason.message(),
            reason: reason.reason().to_owned(),
            details: details(reason),
            code: reason.code().into(),
        },
    }
}

/// Which failures carry details, and which, is upstream's choice one by one.
fn details(reason: &Reason) -> Option<Details> {
    let cause = |message: &str| Details {
        causes: vec![Cause {
            message: message.to_owned(),
            ..Cause::default()
        }],
        ..Details::default()
    };
    let object = |name: Option<&str>, group: Option<&str>, kind: &str| Details {
        name: name.unwrap_or_default().to_owned(),
        group: group.unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        ..Details::default()
    };
    match reason {
        Reason::WatchNotSupported { group, kind } => Some(object(None, Some(group.name()), kind)),
        Reason::NoObject {
            kind, group, name, ..
        } => Some(object(Some(name), group.map(Group::name), kind)),
        Reason::UnknownPath
        | Reason::MethodNotAllowed
        | Reason::NotAcceptable(Refused::MediaType(_))
        | Reason::Timeout { .. } => Some(Details::default()),
        Reason::CannotList { .. } => Some(cause("unable to list matching resources")),
        Reason::Internal { why } => Some(cause(why)),
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
            } => object(name.as_deref(), Some(group), resource),
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
    use crate::{
        ids::{GroupResource, MetricName},
        negotiate::Format,
        wire::Document as _,
    };

    fn body(reason: &Reason) -> String {
        let json = Format::Json { pretty: false };
        String::from_utf8(status(reason).encode(json).unwrap()).unwrap()
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
