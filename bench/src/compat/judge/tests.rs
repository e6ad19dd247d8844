use super::*;
use crate::compat::{
    reviewed,
    samples::{LIST, STATUS, answer, now},
};

const JSON: &str = "application/json";

fn pair(request: &str, rival: &str, ours: &str) -> Pair {
    Pair {
        request: request.to_owned(),
        rival: answer(200, JSON, rival),
        ours: answer(200, JSON, ours),
        at: now(),
        asked: Default::default(),
    }
}

fn judged(pairs: Vec<Pair>, complete: bool) -> Judged {
    let entries = reviewed::sample();
    let visited = Visited {
        case: "one".to_owned(),
        pairs,
    };
    judge(vec![visited], &entries, complete)
}

#[test]
fn every_request_is_the_same_or_intended_or_unexplained() {
    let judged = judged(
        vec![
            pair("GET /same", LIST, LIST),
            pair("GET /intended", LIST, &LIST.replace("1500m", "1501m")),
            pair("GET /unexplained", LIST, &LIST.replace("1500m", "1502m")),
            pair(
                "GET /half",
                LIST,
                &LIST.replace("1500m", "1501m").replace("\"12\"", "\"13\""),
            ),
        ],
        true,
    );
    assert_eq!((judged.cases, judged.requests, judged.same), (1, 4, 1));
    assert_eq!((judged.rival_with_items, judged.ours_with_items), (4, 4));
    assert_eq!(judged.intended, BTreeMap::from([("meant".to_owned(), 1)]));
    let requests: Vec<_> = judged
        .unexplained
        .iter()
        .map(|u| u.pair.request.as_str())
        .collect();
    assert_eq!(requests, ["GET /unexplained", "GET /half"]);
    assert_eq!(
        judged.unexplained[1].differences.len(),
        1,
        "the other half is intended"
    );
    assert_eq!(judged.unused, Some(vec!["never".to_owned()]));
}

#[test]
fn only_a_complete_run_knows_unused_entries() {
    assert_eq!(judged(vec![pair("GET /", LIST, LIST)], false).unused, None);
}

#[test]
fn faults_are_planted_into_what_is_the_same_and_a_reviewed_difference_may_not_hide_them() {
    let judged = judged(
        vec![
            pair("GET /list", LIST, LIST),
            pair("GET /status", STATUS, STATUS),
        ],
        true,
    );
    for planted in &judged.faults {
        assert_eq!(planted.missed, [""; 0], "{}", planted.name);
    }
    let planted = |name: &str| {
        judged
            .faults
            .iter()
            .find(|fault| fault.name == name)
            .expect(name)
            .planted
    };
    assert_eq!(
        (
            planted("lost item"),
            planted("wrong code"),
            planted("lost resource")
        ),
        (1, 2, 0)
    );
}
