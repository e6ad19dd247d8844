//! What must hold for every input, with oracles that share no code with what they check.
#![expect(clippy::unwrap_used, reason = "test harness")]

use std::collections::{BTreeMap, BTreeSet};

use custom_metrics_core::{
    access::AccessAttributes,
    answer::{Objects, Question, answer},
    api::Group,
    config::{RawFilter, RawName, RawResourceRules, RawResources, RawRule},
    external,
    ids::{GroupResource, MetricName, Namespace, ObjectName},
    path::{Call, CustomMetric, NameOrAll, Request, Scope},
    promql::{Subject, container_query, external_query, node_query, query},
    quantity::Quantity,
    resources::ResourceMap,
    rule::{ResourceRules, Rule},
    sample::{Evaluation, Sample},
    selector::{Operator, Requirement, Selector},
    usage::{LabelledObject, Samples, pod},
};
use proptest::{collection::vec, prelude::*};

fn name() -> impl Strategy<Value = String> {
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

// Paths.
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
        prop_assume!(object != "*");
        let path = format!(
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/{}/pods/{}/{}",
            encode(&namespace), encode(&object), encode(&metric),
        );
        let read = parsed(&path, "");
        prop_assert_eq!(read.scope, Scope::Namespaced(Namespace::new(namespace).unwrap()));
        prop_assert_eq!(read.name, NameOrAll::Name(ObjectName::new(object).unwrap()));
        prop_assert_eq!(read.metric, MetricName::new(metric).unwrap());
    }
}

fn label_text() -> impl Strategy<Value = String> {
    "[A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?|in|notin"
}

fn requirement() -> impl Strategy<Value = Requirement> {
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

// Selectors.
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

/// The canonical text by decimal digits: zeros go in threes, each three up one suffix.
fn canonical(milli: i128) -> String {
    let mut digits = milli.to_string();
    let mut suffixes = ["m", "", "k", "M", "G", "T", "P"].iter();
    let mut suffix = suffixes.next();
    while digits.ends_with("000") {
        digits.truncate(digits.len() - 3);
        suffix = suffixes.next();
    }
    if digits == "0" {
        digits
    } else {
        digits + suffix.unwrap()
    }
}

/// Truncation by the bits of the float: sign, mantissa, power of two.
fn truncated(value: f64) -> i128 {
    let bits = value.to_bits();
    let exponent = i64::try_from((bits >> 52) & 0x7ff).unwrap() - 1075;
    let mantissa = i128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let magnitude = match u32::try_from(exponent.abs()).unwrap() {
        shift if exponent >= 0 => mantissa << shift,
        shift => mantissa.checked_shr(shift).unwrap_or(0),
    };
    if value.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    }
}

// Quantities.
proptest! {
    #[test]
    fn a_float_becomes_the_quantity_that_an_oracle_finds(
        value in prop_oneof![-9e12..=9e12, -10.0..10.0, (-9_000_000_i32..9_000_000).prop_map(f64::from), any::<f64>()],
    ) {
        match Quantity::from_f64(value) {
            Ok(quantity) => {
                prop_assert!(value.abs() <= 9e12);
                prop_assert_eq!(i128::from(quantity.milli()), truncated(value * 1000.0));
            }
            Err(_) => prop_assert!(value.is_nan() || value.abs() > 9e12),
        }
    }

    #[test]
    fn a_quantity_is_printed_canonically_and_read_back(
        milli in prop_oneof![any::<i64>(), -100_000..100_000_i64, (-9_000..9_000_i64).prop_map(|n| n * 1_000_000_000)],
    ) {
        let quantity = Quantity::from_milli(milli);
        prop_assert_eq!(quantity.to_string(), canonical(milli.into()));
        prop_assert_eq!(quantity.to_string().parse(), Ok(quantity));
    }
}

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

// Queries.
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

// Answers.
proptest! {
    #[test]
    fn every_value_of_an_answer_is_that_of_a_sample(
        asked in prop::collection::btree_set("[a-f]", 0..5),
        samples in vec(("[a-h]", prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), -1e3..1e3]), 0..8),
    ) {
        let last: BTreeMap<&str, f64> = samples.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let vector: Vec<_> = samples
            .iter()
            .map(|(name, value)| Sample { labels: [("pod".to_owned(), name.clone())].into(), value: *value, time: 0.0 })
            .collect();
        let objects: Vec<_> = asked.iter().map(|name| ObjectName::new(name).unwrap()).collect();
        let map = ResourceMap::builtin();
        let asked_as = GroupResource::parse("pods");
        let question = Question {
            metric: &MetricName::new("m").unwrap(),
            asked_as: &asked_as,
            resource: map.resolve(&asked_as).unwrap(),
            namespace: None,
            objects: Objects::Matching(&objects),
            metric_selector: &Selector::default(),
            object_label: "pod",
        };
        let usable = |name: &&String| last.get(name.as_str()).is_some_and(|value| value.is_finite());
        let expected: Vec<_> = asked.iter().filter(usable).map(String::as_str).collect();
        match answer(&question, Ok(&vector), "2026-11-22T00:00:00Z".parse().unwrap()) {
            Ok(answer) => {
                let given: Vec<_> = answer.values.iter().map(|(name, _)| name.as_str()).collect();
                prop_assert_eq!(given, expected);
                prop_assert_eq!(answer.values.len() + answer.left_out.len(), objects.len());
                for (name, quantity) in &answer.values {
                    prop_assert_eq!(i128::from(quantity.milli()), truncated(last[name.as_str()] * 1000.0));
                }
            }
            Err(_) => prop_assert!(expected.is_empty()),
        }
    }
}

// Usage and external metrics.
proptest! {
    #[test]
    fn a_pod_is_told_whole_and_with_its_own_numbers_or_not_at_all(
        cpu in usage_samples(),
        memory in usage_samples(),
    ) {
        let last = |samples: &[Sample]| -> BTreeMap<String, f64> {
            let own = samples.iter().filter(|sample| sample.labels["pod"] == "a");
            own.map(|sample| (sample.labels["container"].clone(), sample.value)).collect()
        };
        let (cpus, memories) = (last(&cpu), last(&memory));
        let whole = !cpus.is_empty()
            && cpus.keys().eq(memories.keys())
            && cpus.values().chain(memories.values()).all(|value| value.is_finite() && *value * 1000.0 > -1.0);
        let object = LabelledObject { namespace: None, name: ObjectName::new("a").unwrap(), labels: BTreeMap::new() };
        let (cpu, memory) = (Samples::new(&cpu, "pod", "container"), Samples::new(&memory, "pod", "container"));
        let namespace = Namespace::new("n").unwrap();
        match pod(object, namespace, &cpu, &memory, std::time::Duration::ZERO) {
            Ok(usage) => {
                prop_assert!(whole);
                prop_assert_eq!(usage.containers.len(), cpus.len());
                for one in usage.containers {
                    prop_assert_eq!(i128::from(one.cpu.milli()), truncated(cpus[&one.name] * 1000.0));
                    prop_assert_eq!(i128::from(one.memory.milli()), truncated(memories[&one.name] * 1000.0));
                }
            }
            Err(_) => prop_assert!(!whole),
        }
    }

    #[test]
    fn an_external_metric_has_all_its_rows_or_none(
        values in vec(prop_oneof![1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 18 => -1e3..1e3], 0..8),
    ) {
        let samples = values.iter().map(|value| Sample { labels: BTreeMap::new(), value: *value, time: 0.0 });
        let vector = Evaluation::Vector(samples.collect());
        let whole = !values.is_empty() && values.iter().all(|value| value.is_finite());
        match external::answer(&MetricName::new("m").unwrap(), Ok(&vector)) {
            Ok(answer) => {
                prop_assert!(whole);
                let milli: Vec<_> = answer.values.iter().map(|one| i128::from(one.value.milli())).collect();
                prop_assert_eq!(milli, values.iter().map(|value| truncated(value * 1000.0)).collect::<Vec<_>>());
            }
            Err(_) => prop_assert!(!whole),
        }
    }
}

fn usage_samples() -> impl Strategy<Value = Vec<Sample>> {
    let value =
        prop_oneof![1 => Just(f64::NAN), 1 => Just(-0.0005), 1 => Just(-2.0), 17 => 0.0..1e6];
    let sample = ("[ab]", "[xyz]", value).prop_map(|(pod, container, value)| Sample {
        labels: [("pod".to_owned(), pod), ("container".to_owned(), container)].into(),
        value,
        time: 0.0,
    });
    vec(sample, 0..6)
}
