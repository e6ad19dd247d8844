//! Samples → values.

use std::{collections::BTreeMap, time::Duration};

use custom_metrics_core::{
    answer::{Objects, Question, answer},
    external,
    ids::{GroupResource, MetricName, Namespace, ObjectName},
    resources::ResourceMap,
    sample::{Evaluation, Sample},
    selector::Selector,
    usage::{LabelledObject, Samples, pod},
};
use proptest::{collection::vec, prelude::*};

use crate::quantities::truncated;

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
        match pod(object, namespace, &cpu, &memory, Duration::ZERO) {
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
