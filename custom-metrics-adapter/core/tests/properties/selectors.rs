//! Label selectors.

use std::collections::{BTreeMap, BTreeSet};

use custom_metrics_core::selector::{Operator, Requirement, Selector};
use proptest::{collection::vec, prelude::*};

fn label_text() -> impl Strategy<Value = String> {
    "[A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?|in|notin"
}

pub(crate) fn requirement() -> impl Strategy<Value = Requirement> {
    let key = prop_oneof![label_text(), "[a-z]{1,5}\\.[a-z]{1,3}/[A-Za-z]{1,5}"];
    let value = || prop_oneof![9 => label_text(), 1 => Just(String::new())];
    let single = prop::sample::select(vec![
        Operator::Equals,
        Operator::DoubleEquals,
        Operator::NotEquals,
    ]);
    let condition = prop_oneof![
        (single, value()).prop_map(|(operator, value)| (operator, vec![value])),
        (
            prop::sample::select(vec![Operator::In, Operator::NotIn]),
            vec(value(), 1..4)
        ),
        prop::sample::select(vec![Operator::Exists, Operator::DoesNotExist])
            .prop_map(|operator| (operator, vec![])),
        (
            prop::sample::select(vec![Operator::GreaterThan, Operator::LessThan]),
            0..1000_u32
        )
            .prop_map(|(operator, bound)| (operator, vec![bound.to_string()])),
    ];
    (key, condition)
        .prop_map(|(key, (operator, values))| Requirement::new(&key, operator, values).unwrap())
}

/// Matching written down once more, from the documentation of label selectors.
fn holds(requirement: &Requirement, labels: &BTreeMap<String, String>) -> bool {
    let values: BTreeSet<&str> = requirement.values().iter().map(String::as_str).collect();
    let bound = requirement
        .values()
        .first()
        .and_then(|value| value.parse::<i64>().ok());
    match (labels.get(requirement.key()), requirement.operator()) {
        (None, operator) => {
            matches!(
                operator,
                Operator::NotEquals | Operator::NotIn | Operator::DoesNotExist
            )
        }
        (Some(_), Operator::Exists) => true,
        (Some(_), Operator::DoesNotExist) => false,
        (Some(label), Operator::Equals | Operator::DoubleEquals | Operator::In) => {
            values.contains(label.as_str())
        }
        (Some(label), Operator::NotEquals | Operator::NotIn) => !values.contains(label.as_str()),
        (Some(label), Operator::GreaterThan) => label
            .parse()
            .ok()
            .zip(bound)
            .is_some_and(|(a, b): (i64, i64)| a > b),
        (Some(label), Operator::LessThan) => label
            .parse()
            .ok()
            .zip(bound)
            .is_some_and(|(a, b): (i64, i64)| a < b),
    }
}

proptest! {
    #[test]
    fn the_selector_parser_answers_to_any_text(text in "\\PC*|[a-z0-9=!<>(), .-]{0,30}") {
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
        }
    }

    #[test]
    fn a_selector_is_read_as_it_was_printed(requirements in vec(requirement(), 0..5)) {
        let text = requirements.iter().map(Requirement::to_string).collect::<Vec<_>>().join(" , ");
        let mut sorted = requirements;
        sorted.sort_by(|one, other| one.key().cmp(other.key()));
        let selector = Selector::parse(&text).unwrap();
        prop_assert_eq!(selector.requirements(), sorted);
    }

    #[test]
    fn a_selector_matches_what_all_its_requirements_match(
        requirements in vec(requirement(), 0..3),
        others in prop::collection::btree_map(label_text(), label_text(), 0..4),
        hits in vec((any::<prop::sample::Index>(), label_text()), 0..3),
    ) {
        // Random keys seldom meet; some labels are taken from the selector.
        let mut labels = others;
        for (place, value) in hits.iter().filter(|_| !requirements.is_empty()) {
            let requirement = place.get(&requirements);
            labels.insert(requirement.key().to_owned(), requirement.values().last().unwrap_or(value).clone());
        }
        let text = requirements.iter().map(Requirement::to_string).collect::<Vec<_>>().join(",");
        let expected = requirements.iter().all(|requirement| holds(requirement, &labels));
        prop_assert_eq!(Selector::parse(&text).unwrap().matches(&labels), expected);
    }
}
