//! A report to test the tables with.

use crate::{
    measure::{Bar, Measure},
    report::{Report, Row},
    rounds::Pair,
};

/// One row met, one missed, one never reached by ours, one not run.
pub(crate) fn report() -> Report {
    let measure = |id, what, unit, bar| Measure {
        id,
        what,
        unit,
        bar,
        why: "a reason.",
    };
    let pairs = |rounds: &[(f64, f64)]| {
        rounds
            .iter()
            .map(|&(rival, ours)| Pair {
                rival: Some(rival),
                ours: Some(ours),
            })
            .collect()
    };
    Report {
        bench: "loop".into(),
        title: "What was done.".into(),
        quick: true,
        rounds: 2,
        machine: "2 × some CPU, 24 GiB, Linux 6.18".into(),
        commit: "0123456789ab".into(),
        date: "2026-11-22".into(),
        rows: vec![
            Row::judged(
                &measure("L1", "seconds to 9 pods", "s", Bar::RatioAtMost(1.1)),
                pairs(&[(58.31, 57.9), (60.1, 55.25)]),
            ),
            Row::judged(
                &measure("L2", "seconds to 10 pods", "s", Bar::RatioAtMost(1.1)),
                vec![Pair {
                    rival: Some(61.0),
                    ours: None,
                }],
            ),
            Row::judged(
                &measure("L3", "failed requests", "", Bar::EachAtMost(0.0)),
                pairs(&[(0.0, 0.0), (3.0, 1.0)]),
            ),
            Row::not_run(
                &measure("L9", "memory after a day", "MB", Bar::RatioAtMost(1.0)),
                "takes 24 h",
            ),
        ],
        details: Vec::new(),
    }
}
