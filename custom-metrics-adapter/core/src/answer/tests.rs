#![expect(clippy::unwrap_in_result, reason = "test harness")]

use rstest::rstest;

use super::*;
use crate::resources::ResourceMap;

const NOW: &str = "2026-11-22T00:58:56Z";

/// `pod-a=1.5 pod-b=NaN`; a name of `-` is a sample without the label.
fn samples(text: &str) -> Vec<Sample> {
    let sample = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        let label = Some(("pod".to_owned(), name.to_owned())).filter(|_| name != "-");
        Sample {
            labels: label.into_iter().collect(),
            value: value.parse().unwrap(),
            time: 0.0,
        }
    };
    text.split_whitespace().map(sample).collect()
}

fn names(text: &str) -> Vec<ObjectName> {
    text.split_whitespace()
        .map(|name| ObjectName::new(name).unwrap())
        .collect()
}

fn ask(
    objects: Objects<'_>,
    outcome: Result<&[Sample], &BackendFailure>,
) -> Result<Answer, Reason> {
    let map = ResourceMap::builtin();
    let asked_as = GroupResource::parse("pods");
    let question = Question {
        metric: &MetricName::new("m").unwrap(),
        asked_as: &asked_as,
        resource: map.resolve(&asked_as).unwrap(),
        namespace: Some(&Namespace::new("default").unwrap()),
        objects,
        metric_selector: &Selector::default(),
        object_label: "pod",
    };
    answer(&question, outcome, NOW.parse().unwrap())
}

fn values(answer: &Answer) -> String {
    let shown: Vec<_> = answer
        .values
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    shown.join(" ")
}

#[rstest]
#[case("a b", "b=2 a=1", "a=1 b=2")]
#[case("a b", "a=1 zzz=9", "a=1")]
#[case("a b c", "a=1 b=NaN c=+Inf", "a=1")]
#[case("a b", "a=1 b=0", "a=1 b=0")]
#[case("a", "a=1 a=2", "a=2")]
#[case("a", "-=5 a=1", "a=1")]
fn each_object_gets_its_own_value_and_none_is_made_up(
    #[case] objects: &str,
    #[case] vector: &str,
    #[case] expected: &str,
) {
    let answer = ask(Objects::Matching(&names(objects)), Ok(&samples(vector))).unwrap();
    assert_eq!(values(&answer), expected);
    assert_eq!(answer.timestamp.to_string(), NOW);
}

#[test]
fn objects_without_a_value_are_left_out_with_their_reasons() {
    let answer = ask(
        Objects::Matching(&names("a b c")),
        Ok(&samples("a=1 c=NaN")),
    )
    .unwrap();
    let left_out: Vec<_> = answer
        .left_out
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    assert_eq!(
        left_out,
        [
            "b: the query returned no sample for it",
            "c: the value is NaN"
        ]
    );
}

#[test]
fn doubled_samples_are_reported() {
    let answer = ask(
        Objects::Matching(&names("a b")),
        Ok(&samples("a=1 a=2 b=1 x=1 x=2")),
    )
    .unwrap();
    assert_eq!(answer.duplicates, names("a"));
}

#[rstest]
#[case(
    "",
    "a=1",
    "the server could not find the metric m for pods: no pods match the label selector"
)]
#[case(
    "a b",
    "",
    "the server could not find the metric m for pods: no value for any of 2 pods: the query returned no samples"
)]
#[case(
    "a",
    "c=1",
    "the server could not find the metric m for pods: no value for any of 1 pods: the query returned samples, but none for the objects asked about in the label \"pod\""
)]
#[case(
    "a",
    "-=1",
    "the server could not find the metric m for pods: no value for any of 1 pods: the query returned samples, but none with the label \"pod\": does it group by it?"
)]
#[case(
    "a b",
    "b=NaN",
    "the server could not find the metric m for pods: no value for any of 2 pods: for b, the value is NaN"
)]
fn without_any_value_a_list_is_an_error_that_says_why(
    #[case] objects: &str,
    #[case] vector: &str,
    #[case] message: &str,
) {
    let reason = ask(Objects::Matching(&names(objects)), Ok(&samples(vector))).unwrap_err();
    assert_eq!((reason.code(), reason.message().as_str()), (404, message));
}

#[rstest]
#[case(
    "",
    "the server could not find the metric m for pods a: the query returned no samples"
)]
#[case(
    "a=-Inf",
    "the server could not find the metric m for pods a: the value is negative infinite"
)]
#[case(
    "a=1e13",
    "the server could not find the metric m for pods a: the value 1e13 is beyond ±9e12, more than an HPA reads correctly"
)]
fn a_named_object_without_a_value_is_not_found(#[case] vector: &str, #[case] message: &str) {
    let name = ObjectName::new("a").unwrap();
    let reason = ask(Objects::Named(&name), Ok(&samples(vector))).unwrap_err();
    assert_eq!((reason.code(), reason.message().as_str()), (404, message));
}

#[test]
fn a_backend_failure_is_an_internal_error_with_its_cause() {
    let failure = BackendFailure("connection refused".to_owned());
    let name = ObjectName::new("a").unwrap();
    let reason = ask(Objects::Named(&name), Err(&failure)).unwrap_err();
    let message = "Internal error occurred: unable to fetch metrics: connection refused";
    assert_eq!((reason.code(), reason.message().as_str()), (500, message));
}
