//! Which backends get the load, and through how many connections.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

use super::count;
use crate::{
    rounds::{Samples, Side},
    stress::{
        Stress,
        responder::{Behaviour, Responder, Seen},
        tools::{command, run, seconds},
    },
};

/// Backends at 10 and 25 s of 40.
const BACKENDS: &[(Duration, usize)] = &[
    (Duration::ZERO, 2),
    (Duration::from_secs(10), 4),
    (Duration::from_secs(25), 10),
];
const WINDOW: Duration = Duration::from_secs(15);

/// Every new connection goes to a backend at random, as kube-proxy does.
pub(super) fn spread(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour {
        backends: BACKENDS,
        ..Behaviour::default()
    })?;
    let url = target.url();
    let duration = Duration::from_secs(40);
    run(match side {
        Side::Ours => bench.tools.stress(&url, 100, duration),
        Side::Rival => bench.tools.oha(&url, 100, duration),
    })?;
    Ok(Samples::from([("S13", least_share(&target.seen()))]))
}

/// The least share of a backend that joined, within [`WINDOW`] of that, in percent of a fair one.
fn least_share(seen: &Seen) -> Option<f64> {
    let shares = BACKENDS.windows(2).flat_map(|step| {
        let [(_, before), (joined, backends)] = [step[0], step[1]];
        let within: Vec<usize> = seen
            .arrivals
            .iter()
            .zip(&seen.backends)
            .filter(|(at, _)| (joined..joined + WINDOW).contains(*at))
            .map(|(_, backend)| *backend)
            .collect();
        (before..backends).map(move |new| {
            let answered = within.iter().filter(|backend| **backend == new).count();
            count(answered * backends) * 100.0 / count(within.len().max(1))
        })
    });
    shares.reduce(f64::min)
}

pub(super) fn long_and_fast(bench: &Stress, side: Side) -> Result<Samples> {
    let target = Responder::start(Behaviour::default())?;
    let url = target.url();
    let duration = bench.long();
    let (tool, program) = match side {
        Side::Ours => (
            bench.tools.stress(&url, 5000, duration),
            &bench.tools.stress,
        ),
        Side::Rival => {
            let duration = seconds(duration);
            let flags = ["--no-tui", "-c", "50", "-q", "5000", "-z", &duration];
            let fresh = ["--disable-keepalive", url.as_str()];
            let tool = command(&bench.tools.oha, &[&flags[..], &fresh].concat());
            (tool, &bench.tools.hey)
        }
    };
    run(tool)?;
    let bytes = fs::metadata(program)
        .with_context(|| format!("looking at {}", program.display()))?
        .len();
    let opened = count(target.seen().connections);
    Ok(Samples::from([
        ("S14", Some(opened / duration.as_secs_f64())),
        ("S15", Some(count(usize::try_from(bytes)?) / 1e6)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100/s for 40 s, each request at a backend by turns, but never at `unlucky`.
    fn seen(unlucky: Option<usize>) -> Seen {
        let mut seen = Seen::default();
        for index in 0..4000u32 {
            let at = Duration::from_millis(10) * index;
            let backends = BACKENDS.iter().rev().find(|(from, _)| *from <= at);
            let backend = index as usize % backends.map_or(1, |(_, backends)| *backends);
            seen.arrivals.push(at);
            seen.backends
                .push(if Some(backend) == unlucky { 0 } else { backend });
        }
        seen
    }

    #[test]
    fn a_fair_share_is_a_hundred_percent_and_an_idle_backend_has_none() {
        let fair = least_share(&seen(None)).expect("a share");
        assert!((fair - 100.0).abs() < 1.0, "{fair}");
        assert_eq!(least_share(&seen(Some(7))), Some(0.0));
    }
}
