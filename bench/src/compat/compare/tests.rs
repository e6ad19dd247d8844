use super::*;
use crate::compat::samples::{LIST, STATUS, answer, now};

const JSON: &str = "application/json";

fn places(rival: &Answer, ours: &Answer) -> Vec<String> {
    compare(rival, ours, now())
        .into_iter()
        .map(|Difference { at, rival, ours }| format!("{at}: {rival} → {ours}"))
        .collect()
}

#[test]
fn an_answer_is_the_same_as_itself_a_second_later() {
    let later = LIST.replace("08:00:00Z", "08:00:03Z");
    assert_eq!(
        places(&answer(200, JSON, LIST), &answer(200, JSON, &later)),
        [""; 0]
    );
}

#[test]
fn every_place_that_differs_is_named() {
    let ours = LIST
        .replace("1500m", "1501m")
        .replace("\"metadata\":{},", "");
    insta::assert_snapshot!(places(&answer(200, JSON, LIST), &answer(200, "text/json", &ours)).join("\n"), @r#"
    header content-type: application/json → text/json
    body: {"apiVersion":"custom.metrics.k8s.io/v1beta2","items":[{"describedObject":{"apiVersion":"/v1","kind":"Pod","name":"web-0","namespace":"shop"},"metric":{"name":"hits","selector":{"matchLabels":{"code":"200"}}},"timestamp":"now","value":"1500m"},{"describedObject":{"apiVersion":"/v1","kind":"Pod","name":"web-1","namespace":"shop"},"metric":{"name":"hits","selector":{"matchLabels":{"code":"200"}}},"timestamp":"now","value":"12"}],"kind":"MetricValueList","metadata":{}} → "{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/v1beta2\",\"items\":[{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"web-0\",\"apiVersion\":\"/v1\"},\"metric\":{\"name\":\"hits\",\"selector\":{\"matchLabels\":{\"code\":\"200\"}}},\"timestamp\":\"2026-11-22T08:00:00Z\",\"value\":\"1501m\"},{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"web-1\",\"apiVersion\":\"/v1\"},\"metric\":{\"name\":\"hits\",\"selector\":{\"matchLabels\":{\"code\":\"200\"}}},\"timestamp\":\"2026-11-22T08:00:00Z\",\"value\":\"12\"}]}"
    "#);
    insta::assert_snapshot!(places(&answer(200, JSON, LIST), &answer(200, JSON, &ours)).join("\n"), @r#"
    /items/0/value: "1500m" → "1501m"
    /metadata: {} → 
    "#);
}

#[test]
fn a_lost_item_is_one_difference() {
    let lost = r#"{"kind":"L","items":[1]}"#;
    let whole = r#"{"kind":"L","items":[1,2]}"#;
    assert_eq!(
        places(&answer(200, JSON, whole), &answer(200, JSON, lost)),
        ["/items: [1,2] → [1]"]
    );
}

#[test]
fn a_reason_may_follow_the_message_and_nothing_else_may() {
    let with = |message: &str| answer(404, JSON, &STATUS.replace("for pods\"", message));
    let rival = with("for pods\"");
    assert_eq!(places(&rival, &with("for pods: no series\"")), [""; 0]);
    for other in ["for podsy\"", "for pod\"", "for nodes: no series\"", "\""] {
        assert_eq!(places(&rival, &with(other)).len(), 1, "{other}");
    }
}

#[test]
fn another_status_or_kind_is_one_difference_of_the_body() {
    let at: Vec<_> = compare(&answer(200, JSON, LIST), &answer(404, JSON, STATUS), now())
        .into_iter()
        .map(|difference| difference.at)
        .collect();
    assert_eq!(at, ["status", "body"]);
}

#[test]
fn a_body_that_neither_side_wrote_right_is_a_difference() {
    let broken = answer(200, JSON, "{");
    assert_eq!(compare(&broken, &broken, now()).len(), 1);
}

#[test]
fn long_values_are_cut_and_still_told_apart() {
    let long = |length| answer(200, "text/plain", &"x".repeat(length));
    let [difference] = &compare(&long(5000), &long(5001), now())[..] else {
        panic!("one difference");
    };
    assert_ne!(difference.rival, difference.ours);
    assert!(difference.rival.len() < 1000);
}
