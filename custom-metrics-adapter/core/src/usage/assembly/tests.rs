//! The tables of prometheus-adapter's `pkg/resourceprovider/provider_test.go`, its numbers included.

use rstest::rstest;

use super::*;
use crate::{ids::ObjectName, quantity::Binary};

const WINDOW: Duration = Duration::from_mins(1);

/// `pod container value milliseconds`, one a line; `-` for a label that is not there.
fn samples(text: &str) -> Vec<Sample> {
    let sample = |line: &str| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap();
        let labels = [("pod", word()), ("container", word())]
            .into_iter()
            .filter(|(_, value)| *value != "-")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Sample {
            labels,
            value: word().parse().unwrap(),
            time: word().parse::<f64>().unwrap() / 1000.0,
        }
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(sample)
        .collect()
}

fn object(name: &str) -> LabelledObject {
    LabelledObject {
        namespace: None,
        name: ObjectName::new(name).unwrap(),
        labels: BTreeMap::from([("app".to_owned(), name.to_owned())]),
    }
}

/// `timestamp window container=cpu/memory …`, or why not.
fn pod_usage(name: &str, cpu: &str, memory: &str) -> String {
    let (cpu, memory) = (samples(cpu), samples(memory));
    let cpu = Samples::new(&cpu, "pod", "container");
    let memory = Samples::new(&memory, "pod", "container");
    let namespace = Namespace::new("some-ns").unwrap();
    match pod(object(name), namespace, &cpu, &memory, WINDOW) {
        Ok(usage) => {
            assert_eq!(usage.labels["app"], name);
            let mut shown = vec![format!("{} {:?}", usage.timestamp, usage.window)];
            for one in usage.containers {
                shown.push(format!("{}={}/{}", one.name, one.cpu, Binary(one.memory)));
            }
            shown.join(" ")
        }
        Err(why) => why.to_string(),
    }
}

fn node_usage(name: &str, cpu: &str, memory: &str) -> String {
    let (cpu, memory) = (samples(cpu), samples(memory));
    let cpu = Samples::new(&cpu, "pod", "");
    let memory = Samples::new(&memory, "pod", "");
    match node(object(name), &cpu, &memory, WINDOW) {
        Ok(usage) => {
            let NodeUsage {
                timestamp,
                cpu,
                memory,
                ..
            } = usage;
            format!("{timestamp} {:?} {cpu}/{}", usage.window, Binary(memory))
        }
        Err(why) => why.to_string(),
    }
}

const CPU: &str = "
    pod1 cont1 1100 10
    pod1 cont2 1110 20
    pod3 cont1 1300 10
    pod3 cont2 1310 20";
const MEMORY: &str = "
    pod1 cont1 3100 11
    pod1 cont2 3110 21
    pod3 cont1 3300 11
    pod3 cont2 3310 21";

#[rstest]
#[case(
    "pod1",
    CPU,
    MEMORY,
    "1970-01-01T00:00:00.01Z 60s cont1=1100/3100 cont2=1110/3110"
)]
#[case(
    "pod3",
    CPU,
    MEMORY,
    "1970-01-01T00:00:00.01Z 60s cont1=1300/3300 cont2=1310/3310"
)]
#[case(
    "pod27",
    "pod27 cont1 2200 270",
    "pod27 cont1 4200 271",
    "1970-01-01T00:00:00.27Z 60s cont1=2200/4200"
)]
// The earliest of all, also where memory is older.
#[case("p", "p c 1 30", "p c 2048 20", "1970-01-01T00:00:00.02Z 60s c=1/2Ki")]
// Without a container label everything is one container; the last of equals counts.
#[case(
    "p",
    "p - 1 10\np - 2 10",
    "p - 0 10",
    "1970-01-01T00:00:00.01Z 60s =2/0"
)]
#[case("p", "p c -0.0004 10", "p c 0 10", "1970-01-01T00:00:00.01Z 60s c=0/0")]
fn a_pod_is_told_with_all_its_containers(
    #[case] name: &str,
    #[case] cpu: &str,
    #[case] memory: &str,
    #[case] usage: &str,
) {
    assert_eq!(pod_usage(name, cpu, memory), usage);
}

/// Upstream tells these with a zero in place of what is missing; here the whole pod is left out.
#[rstest]
#[case("", "p c 1 10", "the cpu query returned no sample for it")]
#[case(
    "p c 1 10",
    "other c 1 10",
    "the memory query returned no sample for it"
)]
#[case(
    "p c 1 10",
    "p c 1 10\np new 1 10",
    "the cpu query returned no sample for its container \"new\""
)]
#[case(
    "p c 1 10\np new 1 10",
    "p c 1 10",
    "the memory query returned no sample for its container \"new\""
)]
#[case("p c NaN 10", "p c 1 10", "its cpu: the value is NaN")]
#[case("p c 1 10", "p c +Inf 10", "its memory: the value is infinite")]
#[case("p c -1 10", "p c 1 10", "its cpu is negative: -1")]
fn a_pod_of_which_something_is_missing_is_left_out(
    #[case] cpu: &str,
    #[case] memory: &str,
    #[case] why: &str,
) {
    assert_eq!(pod_usage("p", cpu, memory), why);
}

const NODE_CPU: &str = "
    node1 - 1100 10
    node2 - 1200 14";
const NODE_MEMORY: &str = "
    node1 - 2100 11
    node2 - 2200 12";

#[rstest]
#[case(
    "node1",
    NODE_CPU,
    NODE_MEMORY,
    "1970-01-01T00:00:00.01Z 60s 1100/2100"
)]
#[case(
    "node2",
    NODE_CPU,
    NODE_MEMORY,
    "1970-01-01T00:00:00.012Z 60s 1200/2200"
)]
#[case(
    "n",
    "n - 1.5 10\nn - 9 10",
    "n - 8589934592 10",
    "1970-01-01T00:00:00.01Z 60s 1500m/8Gi"
)]
// Decided against upstream, which tells negative cpu and NaN memory as 0.
#[case(
    "node3",
    NODE_CPU,
    NODE_MEMORY,
    "the cpu query returned no sample for it"
)]
#[case("n", "n - -5 10", "n - 1 10", "its cpu is negative: -5")]
#[case("n", "n - 1 10", "n - NaN 10", "its memory: the value is NaN")]
fn a_node_is_told_with_cpu_and_memory(
    #[case] name: &str,
    #[case] cpu: &str,
    #[case] memory: &str,
    #[case] usage: &str,
) {
    assert_eq!(node_usage(name, cpu, memory), usage);
}
