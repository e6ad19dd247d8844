//! URLs.

use custom_metrics_core::{
    access::AccessAttributes,
    api::Group,
    ids::{MetricName, Namespace, ObjectName},
    path::{Call, CustomMetric, NameOrAll, Request, Scope},
};
use proptest::{collection::vec, prelude::*};

/// Anything that may stand between two slashes.
pub(crate) fn name() -> impl Strategy<Value = String> {
    "[^/\\p{Cc}]{1,12}".prop_filter("no relative path", |name| name != "." && name != "..")
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| {
        if byte.is_ascii_alphanumeric() {
            out + &char::from(byte).to_string()
        } else {
            format!("{out}%{byte:02x}")
        }
    })
}

fn parsed(path: &str, query: &str) -> CustomMetric {
    match Request::parse(path, query) {
        Ok(Request::CustomMetric(metric)) => *metric,
        other => unreachable!("{path} gives {other:?}"),
    }
}

proptest! {
    #[test]
    fn the_path_parser_answers_to_any_text(path in "\\PC*", query in "\\PC*") {
        let _ = Request::parse(&path, &query);
    }

    #[test]
    fn the_path_parser_answers_to_anything_that_resembles_a_path(
        group in "(custom\\.|external\\.|)metrics\\.k8s\\.io|other",
        segments in vec("v1beta[12]|namespaces|metrics|pods|nodes|status|\\*|%2[aAfF]|%|%f.|\\.\\.|", 0..8),
        query in "((label|metricLabel|field)Selector=|metadata\\.name|watch|limit=|timeout=|&|=|%[0-9a-g]{0,2}|[a-z0-9.]|!|,|\\\\|in\\+\\(|\\)){0,12}",
        method in "GET|HEAD|POST|DELETE|BREW",
    ) {
        let path = format!("/apis/{group}/{}", segments.join("/"));
        let _ = AccessAttributes::of(&method, &path, &query);
        match Call::parse(&path, &query) {
            // What is read names its group, and a read of values asks for access to that group.
            Ok(call) => {
                let group = call.request.group().map(Group::name);
                let access = AccessAttributes::of(&method, &path, &query).map(|access| access.group);
                prop_assert!(access.is_none() || access == group);
            }
            Err(reason) => prop_assert!((400..500).contains(&reason.code())),
        }
    }

    #[test]
    fn names_come_out_of_a_path_as_they_went_in(namespace in name(), object in name(), metric in name()) {
        let path = format!(
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/{}/pods/{}/{}",
            encode(&namespace), encode(&object), encode(&metric),
        );
        let read = parsed(&path, "");
        prop_assert_eq!(read.scope, Scope::Namespaced(Namespace::new(namespace).unwrap()));
        let wanted = match object.as_str() {
            "*" => NameOrAll::All,
            name => NameOrAll::Name(ObjectName::new(name).unwrap()),
        };
        prop_assert_eq!(read.name, wanted);
        prop_assert_eq!(read.metric, MetricName::new(metric).unwrap());
    }
}
