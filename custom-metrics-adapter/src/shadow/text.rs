//! The report for people.

use std::fmt::Write as _;

use super::report::{HpaReport, Replicas, Report, State, Summary, word};

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    for hpa in &report.hpas {
        write_hpa(hpa, out)?;
    }
    for problem in &report.problems {
        writeln!(out, "not read: {problem}")?;
    }
    writeln!(
        out,
        "{}: {}",
        plural(report.rounds, "round"),
        line(&report.summary)
    )?;
    let verdict = match report.exit_code() {
        0 => "no autoscaler would behave otherwise",
        _ if report.summary.replicas_differ > 0 => "replica counts would differ",
        _ => "not the same: see what is missing above",
    };
    writeln!(out, "{}: {verdict}", report.config)
}

/// One line about a round, or about all of them.
pub(super) fn line(summary: &Summary) -> String {
    let Summary {
        hpas,
        reads,
        same,
        within,
        different,
        missing_in_ours,
        missing_in_incumbent,
        missing_in_both,
        elsewhere,
        replicas_differ,
    } = summary;
    let mut parts = vec![
        format!("{same} same"),
        format!("{within} within tolerance"),
        format!("{different} different"),
    ];
    for (count, what) in [
        (missing_in_ours, "missing in ours"),
        (missing_in_incumbent, "missing in the incumbent"),
        (missing_in_both, "missing in both"),
        (elsewhere, "served elsewhere"),
    ] {
        if *count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let hpas = plural(u64::try_from(*hpas).unwrap_or(u64::MAX), "HPA");
    let (reads, times) = (plural(*reads, "read"), plural(*replicas_differ, "time"));
    format!(
        "{hpas}, {reads}: {}; replica count differs {times}",
        parts.join(", ")
    )
}

fn plural(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

fn write_hpa(hpa: &HpaReport, out: &mut String) -> std::fmt::Result {
    let Replicas {
        current,
        incumbent,
        ours,
    } = hpa.replicas;
    write!(out, "{}/{}: ", hpa.namespace, hpa.name)?;
    if hpa.replicas_differ == 0 {
        writeln!(out, "same replica count ({current} now, {ours} wanted)")?;
    } else {
        writeln!(
            out,
            "REPLICA COUNT DIFFERS in {} of {} rounds: {current} now, the incumbent's values want {incumbent}, ours want {ours}",
            hpa.replicas_differ, hpa.rounds
        )?;
    }
    for metric in &hpa.metrics {
        let states: Vec<String> = metric
            .states
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        writeln!(
            out,
            "  {} {}, target {}: {}",
            metric.kind,
            metric.metric,
            metric.target,
            states.join(", ")
        )?;
        let worst = &metric.worst;
        if !matches!(worst.state, State::Same | State::Elsewhere) {
            writeln!(
                out,
                "    {}: incumbent {}; ours {}",
                word(worst.state),
                worst.incumbent,
                worst.ours
            )?;
        }
    }
    Ok(())
}
