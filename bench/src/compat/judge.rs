//! What the answers of a run amount to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    answer::Answer,
    compare::{Difference, compare},
    faults::{FAULTS, Fault},
    reviewed::Entry,
};

/// Larger answers are read by the same code, only slower.
const LARGEST_PLANTED: usize = 32 << 10;

/// One request and both answers.
#[derive(Clone, Debug)]
pub struct Pair {
    pub request: String,
    pub rival: Answer,
    pub ours: Answer,
    pub at: Timestamp,
    /// What each asked of Prometheus meanwhile, the rival first; for people who look for the cause.
    pub asked: (Vec<String>, Vec<String>),
}

/// The answers of one case.
#[derive(Clone, Debug)]
pub struct Visited {
    pub case: String,
    pub pairs: Vec<Pair>,
}

/// A run.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub cases: usize,
    pub requests: usize,
    /// 200 with items.
    pub rival_with_items: usize,
    pub ours_with_items: usize,
    pub same: usize,
    /// By the entry of the reviewed list that explains it (the first, where there are several).
    pub intended: BTreeMap<String, usize>,
    pub unexplained: Vec<Unexplained>,
    /// Entries of the reviewed list that explain nothing; only a run of every case can tell.
    pub unused: Option<Vec<String>>,
    pub faults: Vec<Planted>,
}

/// A request whose answers differ in a way that nobody has reviewed.
#[derive(Clone, Debug)]
pub struct Unexplained {
    pub case: String,
    pub pair: Pair,
    /// Only those that no entry covers.
    pub differences: Vec<Difference>,
}

/// How a kind of fault fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    pub name: &'static str,
    pub planted: usize,
    /// Requests in which it passed.
    pub missed: Vec<String>,
}

/// `complete`: every case was visited.
pub fn judge(visited: Vec<Visited>, reviewed: &[Entry], complete: bool) -> Judged {
    let mut judged = Judged {
        cases: visited.len(),
        ..Judged::default()
    };
    let mut used = BTreeSet::new();
    let mut faults: Vec<Planted> = FAULTS
        .iter()
        .map(|fault| Planted {
            name: fault.name,
            planted: 0,
            missed: Vec::new(),
        })
        .collect();
    for Visited { case, pairs } in visited {
        for pair in pairs {
            judged.requests += 1;
            judged.rival_with_items += usize::from(pair.rival.has_items());
            judged.ours_with_items += usize::from(pair.ours.has_items());
            let verdict = verdict(&case, &pair, &pair.ours, reviewed);
            used.extend(verdict.entries.iter().copied());
            if let Some(first) = verdict.entries.first()
                && verdict.unexplained.is_empty()
            {
                *judged.intended.entry((*first).to_owned()).or_default() += 1;
            } else if verdict.unexplained.is_empty() {
                judged.same += 1;
                plant_all(&case, &pair, reviewed, &mut faults);
            } else {
                judged.unexplained.push(Unexplained {
                    case: case.clone(),
                    pair,
                    differences: verdict.unexplained,
                });
            }
        }
    }
    judged.unused = complete.then(|| {
        reviewed
            .iter()
            .filter(|entry| !used.contains(entry.id.as_str()))
            .map(|entry| entry.id.clone())
            .collect()
    });
    judged.faults = faults;
    judged
}

struct Verdict<'a> {
    entries: Vec<&'a str>,
    unexplained: Vec<Difference>,
}

fn verdict<'a>(case: &str, pair: &Pair, ours: &Answer, reviewed: &'a [Entry]) -> Verdict<'a> {
    let mut verdict = Verdict {
        entries: Vec::new(),
        unexplained: Vec::new(),
    };
    for difference in compare(&pair.rival, ours, pair.at) {
        match reviewed
            .iter()
            .find(|entry| entry.covers(case, &pair.request, &difference))
        {
            Some(entry) => verdict.entries.push(&entry.id),
            None => verdict.unexplained.push(difference),
        }
    }
    verdict
}

/// Plants every fault into an answer that is the same, and demands that it is noticed.
fn plant_all(case: &str, pair: &Pair, reviewed: &[Entry], faults: &mut [Planted]) {
    if pair
        .ours
        .plain()
        .is_ok_and(|body| body.len() > LARGEST_PLANTED)
    {
        return;
    }
    for (Fault { plant, .. }, planted) in FAULTS.iter().zip(faults) {
        let Some(answer) = plant(&pair.ours) else {
            continue;
        };
        planted.planted += 1;
        if verdict(case, pair, &answer, reviewed)
            .unexplained
            .is_empty()
        {
            planted.missed.push(format!("{case}: {}", pair.request));
        }
    }
}

#[cfg(test)]
mod tests;
