//! What a generator does when its target, its machine or its user is not kind.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{count, off};
use crate::{
    rounds::{Samples, Side},
    stress::{
        Stress,
        limits::Quota,
        process::{self, Disturbance, Finished},
        responder::{Behaviour, Responder},
        tools::{Tools, as_process_one, command, run},
    },
};

const SECOND: Duration = Duration::from_secs(1);

/// 100/s for 10 s at a target that takes a second.
pub(super) fn slow_target(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour {
        delay: SECOND,
        ..Behaviour::default()
    })?;
    let url = target.url();
    run(match side {
        Side::Ours => bench.tools.stress(&url, 100, 10 * SECOND),
        Side::Rival => bench.tools.oha(&url, 100, 10 * SECOND),
    })?;
    // The first arrival is the first due time, give or take its connection.
    let in_time = target
        .seen()
        .arrivals
        .iter()
        .filter(|at| **at < 10 * SECOND)
        .count();
    Ok(Samples::from([("S7", Some(off(in_time, 1000)))]))
}

/// What p90 a tool tells of a load of which a fifth was due while the target stood still.
pub(super) fn stall(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour {
        stall: Some((4 * SECOND, 6 * SECOND)),
        ..Behaviour::default()
    })?;
    let url = target.url();
    let told = match side {
        Side::Ours => p90_of_report(&run(bench.tools.stress(&url, 100, 10 * SECOND))?)?,
        Side::Rival => p90_of_hey(&run(bench.tools.hey(&url, 100, 10 * SECOND))?)?,
    };
    Ok(Samples::from([("S17", Some(told))]))
}

fn report(finished: &Finished) -> Result<Value> {
    serde_json::from_str(finished.last_line())
        .with_context(|| format!("the report is {:?}", finished.last_line()))
}

fn p90_of_report(finished: &Finished) -> Result<f64> {
    let p90 = report(finished)?["latency_from_due_ms"]["p90"].as_f64();
    p90.context("the report has no p90")
}

/// Milliseconds from a line like `  90% in 0.0123 secs`.
fn p90_of_hey(finished: &Finished) -> Result<f64> {
    let told = finished.lines.iter().find_map(|(_, line)| {
        let (_, rest) = line.trim().split_once("90% in ")?;
        rest.strip_suffix(" secs")?.parse::<f64>().ok()
    });
    told.map(|seconds| seconds * 1000.0)
        .context("hey tells no 90%")
}

pub(super) fn workers(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour::default())?;
    let url = target.url();
    let flags = ["-n", "1000", "-c", "30"];
    run(match side {
        Side::Ours => command(
            &bench.tools.stress,
            &[&flags[..], &["--url", &url]].concat(),
        ),
        Side::Rival => command(&bench.tools.hey, &[&flags[..], &[&url]].concat()),
    })?;
    let seen = target.seen();
    Ok(Samples::from([
        ("S8a", Some(off(seen.arrivals.len(), 1000))),
        ("S8b", Some(count(seen.most_waiting.saturating_sub(30)))),
    ]))
}

/// A run without a summary has never ended as it should.
pub(super) fn terminated(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour::default())?;
    let url = target.url();
    let mut inside = as_process_one(&match side {
        Side::Ours => bench.tools.stress(&url, 100, 12 * SECOND),
        Side::Rival => bench.tools.oha(&url, 100, 12 * SECOND),
    });
    let terminate = Disturbance::Terminate {
        after: 2 * SECOND,
        child: true,
    };
    let finished = process::run(&mut inside, terminate)?;
    let has_summary = match side {
        Side::Ours => report(&finished).is_ok(),
        Side::Rival => !finished.lines.is_empty(),
    };
    let ending = finished.ending.map(|ending| ending.as_secs_f64());
    Ok(Samples::from([("S10", ending.filter(|_| has_summary))]))
}

/// Refused, all 404, 5 % failing, all well, and a target that never comes up. The last is the first
/// one again for a tool that does not wait for its target.
pub(super) fn exit_codes(bench: &Stress, side: Side) -> Result<Samples> {
    const NOBODY: &str = "http://127.0.0.1:1/";
    let code = |url: &str| -> Result<Option<i32>> {
        let mut command = short(&bench.tools, side, url);
        Ok(process::run(&mut command, Disturbance::None)?.code)
    };
    let answering = |behaviour| -> Result<Option<i32>> {
        let target = Responder::start(behaviour)?;
        code(&target.url())
    };
    let bad = [
        answering(Behaviour {
            all_404: true,
            ..Behaviour::default()
        })?,
        answering(Behaviour {
            failing: 5,
            ..Behaviour::default()
        })?,
        // Up for the first second of the load at most, and then gone.
        answering(Behaviour {
            down: Some((SECOND / 4, 60 * SECOND)),
            ..Behaviour::default()
        })?,
        code(NOBODY)?,
    ];
    let well = answering(Behaviour::default())?;
    let told = bad.iter().filter(|code| **code != Some(0)).count();
    Ok(Samples::from([(
        "S11",
        Some(count(told + usize::from(well == Some(0)))),
    )]))
}

fn short(tools: &Tools, side: Side, url: &str) -> Command {
    match side {
        Side::Ours => {
            let mut command = tools.stress(url, 100, 2 * SECOND);
            command.args(["--wait-ready", "1s"]);
            command
        }
        Side::Rival => tools.hey(url, 100, 2 * SECOND),
    }
}

pub(super) fn outage(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour {
        down: Some((3 * SECOND, 5 * SECOND)),
        ..Behaviour::default()
    })?;
    let url = target.url();
    run(match side {
        Side::Ours => bench.tools.stress(&url, 100, 8 * SECOND),
        Side::Rival => bench.tools.hey(&url, 100, 8 * SECOND),
    })?;
    Ok(Samples::from([(
        "S12",
        Some(off(target.seen().arrivals.len(), 600)),
    )]))
}

/// Whether the generator knows when it is itself the bottleneck. No rival looks at itself.
pub fn starved(bench: &Stress, side: Side) -> Result<Samples> {
    if side == Side::Rival {
        return Ok(Samples::from([("S16", Some(0.0))]));
    }
    let mut right = 0;
    for (percent, late) in [(5, true), (50, false)] {
        let target = Responder::start(Behaviour::default())?;
        let quota = Quota::percent(percent)?;
        let limited = quota.limit(&bench.tools.stress(&target.url(), 1000, 10 * SECOND));
        let told = report(&run(limited)?)?["generator_late"].as_bool();
        right += usize::from(told == Some(late));
    }
    Ok(Samples::from([("S16", Some(count(right)))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p90_of_hey_is_read_from_its_table() {
        let line = |text: &str| (Duration::ZERO, text.to_owned());
        let finished = Finished {
            code: Some(0),
            cpu: Duration::ZERO,
            peak_rss: 0.0,
            lines: vec![line("  75% in 0.0011 secs"), line("  90% in 0.0123 secs")],
            ending: None,
        };
        let p90 = p90_of_hey(&finished).expect("a percentile");
        assert!((p90 - 12.3).abs() < 1e-9);
    }
}
