//! Pace, speed and what they cost.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{count, off};
use crate::{
    rounds::{Samples, Side},
    stress::{
        Stress, pacing,
        responder::{Behaviour, Responder},
        tools::{command, pinned, run, seconds},
    },
};

const MB: f64 = 1e6;
/// Loads at a rate last so long.
const PACED: Duration = Duration::from_secs(15);
const FAST: Duration = Duration::from_secs(10);
const FLAT_OUT: Duration = Duration::from_secs(5);

pub(super) fn pace(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour::default())?;
    let url = target.url();
    let finished = run(match side {
        Side::Ours => bench.tools.stress(&url, 100, PACED),
        Side::Rival => bench.tools.oha(&url, 100, PACED),
    })?;
    let arrivals = target.seen().arrivals;
    let lateness = pacing::lateness(&arrivals, 100.0);
    Ok(Samples::from([
        ("S1", Some(off(arrivals.len(), 1500))),
        (
            "S1r",
            pacing::rate(&arrivals).map(|rate| (rate - 100.0).abs()),
        ),
        ("S2a", lateness.map(|lateness| lateness.p50)),
        ("S2b", lateness.map(|lateness| lateness.p99)),
        (
            "S6",
            Some(finished.cpu.as_secs_f64() * 1000.0 / PACED.as_secs_f64()),
        ),
        (
            "S9",
            Some(count(finished.lines_within(Duration::from_millis(5500)))),
        ),
    ]))
}

pub(super) fn high_rate(bench: &Stress, side: Side) -> Result<Samples> {
    const PLANNED: usize = 200_000;
    let target = Responder::start(Behaviour::default())?;
    let url = target.url();
    let finished = run(match side {
        Side::Ours => bench.tools.stress(&url, 20_000, FAST),
        Side::Rival => bench.tools.oha(&url, 20_000, FAST),
    })?;
    let arrived = target.seen().arrivals.len();
    ensure!(arrived > 0, "nothing arrived at 20,000/s");
    let per_request = finished.cpu.as_secs_f64() * 1e6 / count(arrived);
    Ok(Samples::from([
        ("S3a", Some(off(arrived, PLANNED) * 100.0 / count(PLANNED))),
        ("S3b", Some(per_request)),
        ("S5a", Some(finished.peak_rss / MB)),
    ]))
}

/// The rival's round runs both rivals.
pub(super) fn flat_out(bench: &Stress, side: Side) -> Result<Samples> {
    let tools = &bench.tools;
    let duration = seconds(FLAT_OUT);
    let time_per_request = |tool: &dyn Fn(&str) -> std::process::Command| -> Result<Option<f64>> {
        let target = Responder::start(Behaviour {
            pinned: true,
            ..Behaviour::default()
        })?;
        run(pinned(&tool(&target.url())))?;
        let arrived = target.seen().arrivals;
        Ok(pacing::rate(&arrived).map(|rate| 1e6 / rate))
    };
    let ours = |url: &str| {
        let flags = ["--url", url, "-c", "50", "--duration", &duration];
        command(&tools.stress, &flags)
    };
    let oha = |url: &str| command(&tools.oha, &["--no-tui", "-c", "50", "-z", &duration, url]);
    let wrk = |url: &str| {
        let duration = format!("-d{duration}");
        command(&tools.wrk, &["-t1", "-c50", &duration, url])
    };
    let (beside_oha, beside_wrk) = match side {
        Side::Ours => {
            let time = time_per_request(&ours)?;
            (time, time)
        }
        Side::Rival => (time_per_request(&oha)?, time_per_request(&wrk)?),
    };
    Ok(Samples::from([("S4a", beside_oha), ("S4b", beside_wrk)]))
}

pub(super) fn growth(bench: &Stress, side: Side) -> Result<Samples> {
    let peak = |requests: &str| -> Result<f64> {
        let target = Responder::start(Behaviour::default())?;
        let url = target.url();
        let finished = run(match side {
            Side::Ours => command(
                &bench.tools.stress,
                &["--url", &url, "-c", "50", "-n", requests],
            ),
            Side::Rival => command(
                &bench.tools.oha,
                &["--no-tui", "-c", "50", "-n", requests, &url],
            ),
        })?;
        Ok(finished.peak_rss)
    };
    let (few, many) = (peak("100000")?, peak("1000000")?);
    Ok(Samples::from([("S5b", Some((many - few).max(0.0) / MB))]))
}
