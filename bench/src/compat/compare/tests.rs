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
    let mut ours = answer(200, JSON, &ours);
    ours.headers.remove("cache-control");
    insta::assert_snapshot!(places(&answer(200, JSON, LIST), &ours).join("\n"), @r#"
    header cache-control: no-cache, private → 
    /items/shop/web-0/value: "1500m" → "1501m"
    /metadata: {} → 
    "#);
}

#[test]
fn a_lost_entry_of_a_list_without_order_has_a_place_of_its_own() {
    let list = |names: &[&str]| {
        let entries: Vec<_> = names
            .iter()
            .map(|name| format!("{{\"name\":\"{name}\"}}"))
            .collect();
        answer(
            200,
            JSON,
            &format!("{{\"resources\":[{}]}}", entries.join(",")),
        )
    };
    assert_eq!(places(&list(&["a", "b"]), &list(&["b", "a"])), [""; 0]);
    assert_eq!(
        places(&list(&["a", "b"]), &list(&["b", "c"])),
        [
            r#"/resources/a: {"name":"a"} → "#,
            r#"/resources/c:  → {"name":"c"}"#
        ]
    );
    assert_eq!(places(&list(&["a"]), &list(&["a", "a"])).len(), 1);
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
fn another_status_or_kind_is_one_difference_of_the_whole_answer() {
    let rival = answer(200, JSON, LIST);
    for (ours, begins) in [
        (answer(404, JSON, STATUS), "404 {\"apiVersion\":\"v1\""),
        (answer(200, JSON, STATUS), "200 {\"apiVersion\":\"v1\""),
        (answer(404, JSON, LIST), "404 {\"apiVersion\":\"custom"),
    ] {
        let [difference] = &compare(&rival, &ours, now())[..] else {
            panic!("one difference");
        };
        assert_eq!(difference.at, "answer");
        assert!(
            difference.rival.starts_with("200 {"),
            "{}",
            difference.rival
        );
        assert!(difference.ours.starts_with(begins), "{}", difference.ours);
    }
}

#[test]
fn a_body_that_neither_side_wrote_right_is_a_difference() {
    let broken = answer(200, JSON, "{");
    assert_eq!(compare(&broken, &broken, now()).len(), 1);
}
