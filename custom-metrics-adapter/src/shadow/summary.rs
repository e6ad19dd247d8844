//! Reads counted by how the two answers compare.

use serde::Serialize;

/// How two answers to one read compare.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// This configuration does not serve it; the incumbent's own business.
    Elsewhere,
    Same,
    /// Apart by less than the tolerance.
    Within,
    /// Neither answers: nothing changes by switching.
    MissingInBoth,
    Different,
    /// Only we answer.
    MissingInIncumbent,
    /// Only the incumbent answers.
    MissingInOurs,
}

/// Reads by how they compared, over all rounds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) hpas: usize,
    pub(crate) reads: u64,
    pub(crate) same: u64,
    pub(crate) within: u64,
    pub(crate) different: u64,
    pub(crate) missing_in_ours: u64,
    pub(crate) missing_in_incumbent: u64,
    pub(crate) missing_in_both: u64,
    pub(crate) elsewhere: u64,
    /// Autoscalers × rounds whose replica count would differ.
    pub(crate) replicas_differ: u64,
}

impl Summary {
    pub(super) fn count(&mut self, state: State) {
        self.reads += 1;
        *match state {
            State::Elsewhere => &mut self.elsewhere,
            State::Same => &mut self.same,
            State::Within => &mut self.within,
            State::MissingInBoth => &mut self.missing_in_both,
            State::Different => &mut self.different,
            State::MissingInIncumbent => &mut self.missing_in_incumbent,
            State::MissingInOurs => &mut self.missing_in_ours,
        } += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        let Self {
            hpas: _,
            reads,
            same,
            within,
            different,
            missing_in_ours,
            missing_in_incumbent,
            missing_in_both,
            elsewhere,
            replicas_differ,
        } = other;
        self.reads += reads;
        self.same += same;
        self.within += within;
        self.different += different;
        self.missing_in_ours += missing_in_ours;
        self.missing_in_incumbent += missing_in_incumbent;
        self.missing_in_both += missing_in_both;
        self.elsewhere += elsewhere;
        self.replicas_differ += replicas_differ;
    }
}

/// As in JSON.
pub(crate) fn word(state: State) -> &'static str {
    match state {
        State::Elsewhere => "elsewhere",
        State::Same => "same",
        State::Within => "within",
        State::MissingInBoth => "missing-in-both",
        State::Different => "different",
        State::MissingInIncumbent => "missing-in-incumbent",
        State::MissingInOurs => "missing-in-ours",
    }
}
