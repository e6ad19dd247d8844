//! Samples of cpu and memory → usage of pods and nodes.
//!
//! An HPA adds up what the containers of a pod use, and takes a pod that is missing for one that it
//! must not judge. So a pod is told with all it uses or not at all, and no zero is made up for it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    time::Duration,
};

use super::{ContainerUsage, LabelledObject, NodeUsage, PodUsage};
use crate::{
    ids::Namespace,
    quantity::{NoQuantity, Quantity},
    sample::Sample,
};

/// The samples of one query, sorted to their objects.
#[derive(Debug)]
pub struct Samples<'a> {
    by_object: HashMap<&'a str, Vec<&'a Sample>>,
    container_label: &'a str,
}

/// One of cpu and memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Used {
    Cpu,
    Memory,
}

impl fmt::Display for Used {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        })
    }
}

/// Why the usage of an object is not known.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoUsage {
    #[error("the {0} query returned no sample for it")]
    NoSample(Used),
    /// A container that has just started has memory before it has a rate of cpu.
    #[error("the {used} query returned no sample for its container {container:?}")]
    NoContainerSample { used: Used, container: String },
    #[error("its {used}: {problem}")]
    NoQuantity { used: Used, problem: NoQuantity },
    #[error("its {used} is negative: {value}")]
    Negative { used: Used, value: Quantity },
}

impl<'a> Samples<'a> {
    /// `object_label` names the pod or node of a sample, `container_label` the container; the latter may
    /// be empty.
    pub fn new(samples: &'a [Sample], object_label: &str, container_label: &'a str) -> Self {
        let mut by_object: HashMap<_, Vec<_>> = HashMap::new();
        for sample in samples {
            let name = sample.labels.get(object_label).map_or("", String::as_str);
            by_object.entry(name).or_default().push(sample);
        }
        Self {
            by_object,
            container_label,
        }
    }

    fn of(&self, object: &LabelledObject, used: Used) -> Result<&[&'a Sample], NoUsage> {
        let samples = self.by_object.get(object.name.as_str());
        samples.map(Vec::as_slice).ok_or(NoUsage::NoSample(used))
    }

    /// Of several samples for one container the last one counts, as upstream.
    fn by_container(&self, samples: &[&'a Sample]) -> BTreeMap<&'a str, &'a Sample> {
        let container = |sample: &'a Sample| {
            let name = sample.labels.get(self.container_label);
            name.map_or("", String::as_str)
        };
        samples
            .iter()
            .map(|sample| (container(sample), *sample))
            .collect()
    }
}

/// What the containers of a pod use: of each both, or nothing of the pod.
pub fn pod(
    object: LabelledObject,
    namespace: Namespace,
    cpu: &Samples<'_>,
    memory: &Samples<'_>,
    window: Duration,
) -> Result<PodUsage, NoUsage> {
    let cpu_samples = cpu.of(&object, Used::Cpu)?;
    let memory_samples = memory.of(&object, Used::Memory)?;
    let cpus = cpu.by_container(cpu_samples);
    let mut memories = memory.by_container(memory_samples);
    let missing = |used, container: &str| NoUsage::NoContainerSample {
        used,
        container: container.to_owned(),
    };
    let mut containers = vec![];
    for (name, cpu) in cpus {
        let memory = memories.remove(name);
        let memory = memory.ok_or_else(|| missing(Used::Memory, name))?;
        containers.push(ContainerUsage {
            name: name.to_owned(),
            cpu: quantity(cpu, Used::Cpu)?,
            memory: quantity(memory, Used::Memory)?,
        });
    }
    if let Some(name) = memories.into_keys().next() {
        return Err(missing(Used::Cpu, name));
    }
    let times = cpu_samples.iter().chain(memory_samples);
    let earliest = times.map(|sample| sample.timestamp()).min();
    Ok(PodUsage {
        namespace,
        name: object.name,
        labels: object.labels,
        timestamp: earliest.ok_or(NoUsage::NoSample(Used::Cpu))?,
        window,
        containers,
    })
}

/// What a node uses. Of several samples the first one counts, as upstream.
pub fn node(
    object: LabelledObject,
    cpu: &Samples<'_>,
    memory: &Samples<'_>,
    window: Duration,
) -> Result<NodeUsage, NoUsage> {
    let first = |samples: &Samples<'_>, used| {
        let samples = samples.of(&object, used)?;
        let sample = samples.first().ok_or(NoUsage::NoSample(used))?;
        Ok((quantity(sample, used)?, sample.timestamp()))
    };
    let (cpu, cpu_time) = first(cpu, Used::Cpu)?;
    let (memory, memory_time) = first(memory, Used::Memory)?;
    Ok(NodeUsage {
        name: object.name,
        labels: object.labels,
        timestamp: cpu_time.min(memory_time),
        window,
        cpu,
        memory,
    })
}

/// Upstream takes NaN and negative values for zero; a zero that nobody measured scales people down.
fn quantity(sample: &Sample, used: Used) -> Result<Quantity, NoUsage> {
    let value = Quantity::from_f64(sample.value)
        .map_err(|problem| NoUsage::NoQuantity { used, problem })?;
    if value.milli() < 0 {
        return Err(NoUsage::Negative { used, value });
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
