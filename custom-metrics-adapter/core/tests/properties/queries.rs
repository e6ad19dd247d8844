//! Query text.

use custom_metrics_core::{
    config::{RawFilter, RawName, RawResourceRules, RawResources, RawRule},
    ids::{GroupResource, Namespace, ObjectName},
    promql::{Subject, container_query, external_query, node_query, query},
    resources::ResourceMap,
    rule::{ResourceRules, Rule},
    selector::{Operator, Requirement, Selector},
};
use proptest::{collection::vec, prelude::*};

use crate::{paths::name, selectors::requirement};

fn pod_rule(metrics_query: &str) -> Rule {
    let overrides = [("namespace", "namespace"), ("pod", "pod")]
        .map(|(label, resource)| (label.to_owned(), GroupResource::parse(resource)));
    let mut raw = RawRule {
        metrics_query: metrics_query.to_owned(),
        ..RawRule::default()
    };
    raw.resources.overrides.0 = overrides.into();
    Rule::try_from((0, raw)).unwrap()
}

fn usage_rules() -> ResourceRules {
    let mut raw = RawResourceRules::default();
    for query in [&mut raw.cpu.container_query, &mut raw.cpu.node_query] {
        "<<.LabelMatchers>>".clone_into(query);
    }
    let labels = ["namespace", "pod", "node"];
    raw.cpu.resources.overrides.0 = labels
        .map(|label| (label.to_owned(), GroupResource::parse(label)))
        .into();
    ResourceRules::try_from(raw).unwrap()
}

/// What follows a backslash in a PromQL string.
fn unescape(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let escape = characters.next()?;
    let digits = match escape {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let short = ['"', '\\', 'a', 'b', 'f', 'n', 'r', 't', 'v'].into_iter();
            let long = [
                '"', '\\', '\u{7}', '\u{8}', '\u{c}', '\n', '\r', '\t', '\u{b}',
            ];
            return short
                .zip(long)
                .find_map(|(short, long)| (short == escape).then_some(long));
        }
    };
    let code: String = characters.take(digits).collect();
    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
}

/// A matcher list read as Prometheus reads it: `label op "value"`, commas between; values unescaped.
fn read_matchers(text: &str) -> Option<Vec<(String, String, String)>> {
    let mut matchers = vec![];
    let mut rest = text;
    loop {
        let (label, after) = rest.split_at(rest.find(['=', '!'])?);
        let operator = ["=~", "!~", "!=", "="]
            .into_iter()
            .find(|operator| after.starts_with(operator))?;
        let mut characters = after[operator.len()..].strip_prefix('"')?.chars();
        let mut value = String::new();
        loop {
            match characters.next()? {
                '"' => break,
                '\n' => return None,
                '\\' => value.push(unescape(&mut characters)?),
                character => value.push(character),
            }
        }
        matchers.push((label.to_owned(), operator.to_owned(), value));
        rest = characters.as_str();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return rest.is_empty().then_some(matchers),
        }
    }
}

proptest! {
    #[test]
    fn no_name_can_change_a_query(
        namespace in name(),
        names in vec(prop_oneof![name(), "[\"\\\\{},=~|`']{1,6}"], 1..4),
        requirements in vec(requirement(), 0..3),
    ) {
        let text = requirements.iter().map(Requirement::to_string).collect::<Vec<_>>().join(",");
        let metric_selector = Selector::parse(&text).unwrap();
        let map = ResourceMap::builtin();
        let namespace = Namespace::new(namespace).unwrap();
        let objects: Vec<_> = names.iter().map(|name| ObjectName::new(name).unwrap()).collect();
        let subject = Subject {
            series: "s",
            resource: map.resolve(&GroupResource::parse("pods")).unwrap(),
            namespace: Some(&namespace),
            names: &objects,
            metric_selector: &metric_selector,
        };
        let unsupported = |one: &Requirement| matches!(one.operator(), Operator::GreaterThan | Operator::LessThan);
        match query(&pod_rule("<<.LabelMatchers>>"), &subject, &map) {
            Ok(query) => {
                let matchers = read_matchers(&query.text).unwrap();
                prop_assert_eq!(matchers.len(), metric_selector.requirements().len() + 2);
                let (_, _, last) = matchers.last().unwrap();
                prop_assert_eq!(last, &names.join("|"));
                let (label, operator, value) = &matchers[matchers.len() - 2];
                prop_assert_eq!((label.as_str(), operator.as_str(), value.as_str()), ("namespace", "=", namespace.as_str()));
            }
            Err(_) => prop_assert!(requirements.iter().any(unsupported)),
        }
    }

    #[test]
    fn no_name_can_change_a_query_of_the_other_groups(
        namespace in name(),
        names in vec(prop_oneof![name(), "[\"\\\\{},=~|`']{1,6}"], 1..4),
        requirements in vec(requirement(), 0..3),
    ) {
        let map = ResourceMap::builtin();
        let namespace = Namespace::new(namespace).unwrap();
        let objects: Vec<_> = names.iter().map(|name| ObjectName::new(name).unwrap()).collect();
        let one = |text: &str, place: usize| {
            let (label, operator, value) = &read_matchers(text).unwrap()[place];
            format!("{label}{operator}{value}")
        };
        let operator = if names.len() == 1 { "=" } else { "=~" };

        let text = requirements.iter().map(Requirement::to_string).collect::<Vec<_>>().join(",");
        let selector = Selector::parse(&text).unwrap();
        let count = selector.requirements().len();
        let rule = pod_rule("<<.LabelMatchers>>");
        if let Ok(text) = external_query(&rule, "s", &namespace, &selector, &map) {
            prop_assert_eq!(read_matchers(&text).unwrap().len(), count + 1);
            prop_assert_eq!(one(&text, count), format!("namespace={namespace}"));
        }

        let rules = usage_rules();
        let pods = container_query(&rules.cpu, &namespace, &objects, &map).unwrap().text;
        prop_assert_eq!(read_matchers(&pods).unwrap().len(), 2);
        prop_assert_eq!(one(&pods, 0), format!("namespace={namespace}"));
        prop_assert_eq!(one(&pods, 1), format!("pod{operator}{}", names.join("|")));
        let nodes = node_query(&rules.cpu, &objects, &map).unwrap().text;
        prop_assert_eq!(read_matchers(&nodes).unwrap().len(), 1);
        prop_assert_eq!(one(&nodes, 0), format!("node{operator}{}", names.join("|")));
    }

    #[test]
    fn a_rule_is_accepted_or_refused_but_never_panics(
        text in vec("\\PC{0,20}|[\\[\\](){}\\\\^$*+?|a-z<>.&-]{0,20}", 7),
    ) {
        let [series_query, is, is_not, template, matches, expansion, metrics_query] = text.try_into().unwrap();
        let raw = RawRule {
            series_query,
            series_filters: vec![RawFilter { is, is_not: String::new() }, RawFilter { is: String::new(), is_not }],
            resources: RawResources { template, ..RawResources::default() },
            name: RawName { matches, expansion },
            metrics_query,
        };
        if let Ok(rule) = Rule::try_from((0, raw)) {
            let _ = (rule.accepts("foo_total"), rule.metric("foo_total"), rule.literal_series());
        }
    }
}
