//! The final summary for a person.

use std::fmt::{self, Write};

use super::{Quantiles, Report};
use crate::words::{self, percent};

/// Pods listed one by one; the rest is summed up in the line above them.
const PODS_SHOWN: usize = 20;

/// The summary, without a final line end.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, report);
    text.truncate(text.trim_end().len());
    text
}

fn write_all(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out)?;
    write_load(out, report)?;
    write_failures(out, report)?;
    write_latencies(out, report)?;
    write_generator(out, report)?;
    write_pods(out, report)?;
    let verdict = &report.verdict;
    let word = match verdict.exit_code {
        0 => "PASSED",
        // 128 + a signal: neither passed nor failed, the run was not allowed to end.
        128.. => "STOPPED",
        _ => "FAILED",
    };
    writeln!(
        out,
        "verdict      {word} (exit {}): {}",
        verdict.exit_code, verdict.reason
    )
}

fn write_load(out: &mut String, report: &Report) -> fmt::Result {
    let protocol = report.protocol.as_deref().unwrap_or("not reached");
    let connections = match report.connections.allowed_per_second {
        None => "one connection per request".to_owned(),
        Some(_) if report.keep_alive => "keep-alive".to_owned(),
        Some(most) => format!("up to {most} new connections per second"),
    };
    let Report { method, url, .. } = report;
    writeln!(
        out,
        "target       {method} {url} ({protocol}, {connections})"
    )?;
    writeln!(
        out,
        "load         {} sent in {:.2} s = {:.2}/s; asked for {}",
        report.sent, report.arrivals_seconds, report.rate_sent, report.load
    )?;
    writeln!(
        out,
        "requests     planned {} = ok {} + failed {} + dropped {} + unfinished {}",
        report.planned, report.ok, report.failed, report.dropped, report.unfinished
    )
}

fn write_failures(out: &mut String, report: &Report) -> fmt::Result {
    for (class, count) in report.failures.iter().filter(|(_, count)| **count > 0) {
        let example = report
            .failure_examples
            .get(class)
            .map_or("", String::as_str);
        writeln!(out, "  failed     {class} {count} (first: {example})")?;
    }
    let dropped = &report.dropped_by;
    if dropped.in_flight_cap > 0 {
        let cap = report.max_in_flight;
        writeln!(
            out,
            "  dropped    {} because {cap} requests were in flight (--max-in-flight)",
            dropped.in_flight_cap
        )?;
    }
    if dropped.generator_stalled > 0 {
        writeln!(
            out,
            "  dropped    {} because this process had stood still for over a second",
            dropped.generator_stalled
        )?;
    }
    Ok(())
}

fn write_latencies(out: &mut String, report: &Report) -> fmt::Result {
    let mut row = |name: &str, latency: Option<Quantiles>| match latency {
        None => writeln!(out, "{name} -"),
        Some(Quantiles {
            p50,
            p90,
            p99,
            p999,
            max,
            ..
        }) => {
            let [p50, p90, p99, p999, max] = [p50, p90, p99, p999, max].map(millis);
            writeln!(
                out,
                "{name} p50 {p50}  p90 {p90}  p99 {p99}  p99.9 {p999}  max {max}"
            )
        }
    };
    if report.workers.is_some() {
        row("latency      from send", report.latency_from_send_ms)?;
        return writeln!(
            out,
            "             workers wait for answers, so a slow target gets fewer requests and looks \
             better than it is"
        );
    }
    row("latency      from due ", report.latency_from_due_ms)?;
    row("             from send", report.latency_from_send_ms)?;
    row("generator    lateness ", report.lateness_ms)?;
    writeln!(
        out,
        "             {} sent more than 10 ms after they were due",
        report.late
    )
}

fn write_generator(out: &mut String, report: &Report) -> fmt::Result {
    if report.generator_late {
        writeln!(
            out,
            "  warning    the generator is late: latencies from due time include its own delay; \
             give it more CPU"
        )?;
    }
    let connections = &report.connections;
    if let (1.., Some(most)) = (connections.waited, connections.allowed_per_second) {
        writeln!(
            out,
            "  warning    {} requests had to wait for a connection, as {most} new ones per second \
             are allowed (--conn-rate)",
            connections.waited
        )?;
    }
    write!(out, "connections  {} opened", connections.opened)?;
    for (count, what) in [
        (connections.retried, "requests retried on a fresh one"),
        (connections.second_address, "at a second address"),
        (connections.failed_lookups, "name lookups failed"),
    ] {
        if count > 0 {
            write!(out, ", {count} {what}")?;
        }
    }
    writeln!(out)
}

fn write_pods(out: &mut String, report: &Report) -> fmt::Result {
    if report.pods.is_empty() {
        return Ok(());
    }
    let total = report.pods.values().sum::<u64>() + report.other_pods;
    let least = report.pods.values().min().copied().unwrap_or(0);
    let most = report.pods.values().max().copied().unwrap_or(0);
    writeln!(
        out,
        "pods         {} answered; least {}, most {} of the answers",
        report.pods.len(),
        percent(least, total),
        percent(most, total)
    )?;
    for (pod, count) in report.pods.iter().take(PODS_SHOWN) {
        writeln!(
            out,
            "  pod        {pod} {count} ({})",
            percent(*count, total)
        )?;
    }
    Ok(())
}

fn millis(value: f64) -> String {
    words::millis(std::time::Duration::from_secs_f64(value / 1000.0))
}
