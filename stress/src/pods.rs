//! Who answered: the spread of the load over the pods, in constant memory.

use std::collections::BTreeMap;

/// Pods counted by name; answers of further pods are counted together.
const MOST_PODS: usize = 256;

/// Answers by pod.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    answers: BTreeMap<String, Answers>,
    others: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    total: u64,
    interval: u64,
}

/// How evenly the answers of a while are spread over the pods that gave them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Pods that answered.
    pub pods: usize,
    /// Answers of all of them, of the one with the fewest and of the one with the most.
    pub answers: u64,
    pub least: u64,
    pub most: u64,
}

impl Pods {
    pub fn answered(&mut self, pod: String) {
        if let Some(answers) = self.answers.get_mut(&pod) {
            answers.total += 1;
            answers.interval += 1;
        } else if self.answers.len() < MOST_PODS {
            let first = Answers {
                total: 1,
                interval: 1,
            };
            self.answers.insert(pod, first);
        } else {
            self.others += 1;
        }
    }

    /// The spread since the last call, or since the start.
    pub fn take_interval(&mut self) -> Spread {
        let taken = self
            .answers
            .values_mut()
            .map(|answers| std::mem::take(&mut answers.interval));
        Spread::of(taken)
    }

    /// The spread since the start.
    pub fn spread(&self) -> Spread {
        Spread::of(self.answers.values().map(|answers| answers.total))
    }

    /// Answers of each pod since the start.
    pub fn totals(&self) -> impl Iterator<Item = (&str, u64)> {
        self.answers
            .iter()
            .map(|(pod, answers)| (pod.as_str(), answers.total))
    }

    /// Answers of pods beyond those counted by name.
    pub fn others(&self) -> u64 {
        self.others
    }
}

impl Spread {
    fn of(answers: impl Iterator<Item = u64>) -> Self {
        answers
            .filter(|answers| *answers > 0)
            .fold(Self::default(), |spread, answers| Self {
                pods: spread.pods + 1,
                answers: spread.answers + answers,
                least: match spread.pods {
                    0 => answers,
                    _ => spread.least.min(answers),
                },
                most: spread.most.max(answers),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_invents_pod_names_cannot_fill_the_memory() {
        let mut pods = Pods::default();
        for pod in 0..MOST_PODS + 10 {
            pods.answered(format!("pod-{pod}"));
        }
        assert_eq!((pods.totals().count(), pods.others()), (MOST_PODS, 10));
    }

    #[test]
    fn the_spread_of_an_interval_leaves_out_pods_that_are_gone() {
        let mut pods = Pods::default();
        pods.answered("old".to_owned());
        assert_eq!(pods.take_interval().pods, 1);
        for pod in ["a", "a", "a", "b"] {
            pods.answered(pod.to_owned());
        }
        let spread = Spread {
            pods: 2,
            answers: 4,
            least: 1,
            most: 3,
        };
        assert_eq!(pods.take_interval(), spread);
        assert_eq!(pods.take_interval(), Spread::default());
        assert_eq!(pods.spread().pods, 3);
    }
}
