//! The report for people.

use std::fmt::Write as _;

use custom_metrics_core::lint::{Finding, Severity};

use super::report::{HpaMetric, Report, RuleView, State, Summary};

/// Words in colour where that helps.
struct Paint(bool);

impl Paint {
    fn word(&self, code: &str, word: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{word}\u{1b}[0m")
        } else {
            word.to_owned()
        }
    }

    fn severity(&self, severity: Severity) -> String {
        let code = match severity {
            Severity::Error => "31;1",
            Severity::Warning => "33;1",
            Severity::Note => "36",
        };
        self.word(code, &severity.to_string())
    }

    fn heading(&self, word: &str) -> String {
        self.word("1", word)
    }
}

pub(super) fn render(report: &Report, coloured: bool) -> String {
    let paint = Paint(coloured);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(report, &paint, &mut out);
    out
}

fn write(report: &Report, paint: &Paint, out: &mut String) -> std::fmt::Result {
    for rule in &report.rules {
        write_rule(rule, paint, out)?;
    }
    if let Some(served) = &report.served {
        writeln!(out, "{}", paint.heading("Served now"))?;
        for metric in served {
            let example = match (&metric.problem, &metric.example) {
                (Some(problem), _) => problem.clone(),
                (None, Some(example)) => {
                    format!(
                        "{}, the largest: {example}",
                        counted(metric.values, "value")
                    )
                }
                (None, None) => "no value".to_owned(),
            };
            writeln!(out, "  {} by {}: {example}", metric.metric, metric.rule)?;
        }
        if served.is_empty() {
            writeln!(out, "  nothing")?;
        }
        writeln!(out)?;
    }
    if let Some(hpas) = &report.hpas {
        writeln!(out, "{}", paint.heading("HorizontalPodAutoscalers"))?;
        for hpa in hpas {
            writeln!(out, "  {}/{}", hpa.namespace, hpa.name)?;
            for metric in &hpa.metrics {
                write_metric(metric, paint, out)?;
            }
        }
        if hpas.is_empty() {
            writeln!(out, "  none")?;
        }
        writeln!(out)?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "{}", paint.heading("Findings"))?;
        for finding in &report.findings {
            write_finding(finding, paint, out)?;
        }
        writeln!(out)?;
    }
    for problem in &report.problems {
        writeln!(out, "{} {problem}", paint.word("31;1", "not examined:"))?;
    }
    let Summary {
        errors,
        warnings,
        notes,
    } = report.summary;
    let counts = [
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(notes, "note"),
    ];
    writeln!(out, "{}: {}", report.config, counts.join(", "))
}

fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

fn write_rule(rule: &RuleView, paint: &Paint, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}  {}", paint.heading(&rule.place), rule.metric)?;
    if !rule.series_query.is_empty() {
        write_series(rule, out)?;
    }
    if let Some(namespaced) = rule.namespaced {
        let scope = if namespaced {
            "the reader's namespace"
        } else {
            "all namespaces"
        };
        writeln!(out, "  scope    {scope}")?;
    }
    if !rule.labels.is_empty() {
        writeln!(out, "  labels   {}", rule.labels.join(", "))?;
    }
    for query in &rule.queries {
        let about = query
            .resource
            .as_ref()
            .map_or_else(String::new, |kind| format!("{kind}: "));
        let text = query
            .query
            .as_deref()
            .or(query.problem.as_deref())
            .unwrap_or_default();
        writeln!(out, "  query    {about}{}", one_line(text))?;
    }
    writeln!(out)
}

fn write_series(rule: &RuleView, out: &mut String) -> std::fmt::Result {
    write!(out, "  series   {}", one_line(&rule.series_query))?;
    match &rule.series {
        Some(names) => writeln!(
            out,
            "  ({} in Prometheus, taken to be scraped every {}s)",
            names.len(),
            rule.scrape_interval_seconds
        ),
        None => writeln!(out),
    }
}

/// Block scalars keep their line breaks; a table does not.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write_metric(metric: &HpaMetric, paint: &Paint, out: &mut String) -> std::fmt::Result {
    let state = match metric.state {
        State::Found => paint.word("32", "found"),
        State::Offered => paint.word("32", "offered"),
        State::Missing => paint.word("31;1", "missing"),
        State::Elsewhere => "elsewhere".to_owned(),
    };
    let by = metric
        .rule
        .as_ref()
        .map_or_else(String::new, |rule| format!(" by {rule}"));
    let HpaMetric {
        kind,
        metric: name,
        target,
        detail,
        ..
    } = metric;
    writeln!(
        out,
        "    {kind} {name}, target {target}: {state}{by}: {detail}"
    )
}

fn write_finding(finding: &Finding, paint: &Paint, out: &mut String) -> std::fmt::Result {
    let Finding {
        id,
        severity,
        place,
        field,
        what,
        why,
        fix,
    } = finding;
    let dot = match (field.is_empty(), place.contains(' ')) {
        (true, _) => "",
        (false, true) => " ",
        (false, false) => ".",
    };
    writeln!(
        out,
        "  {} {id} {place}{dot}{field}: {what}",
        paint.severity(*severity)
    )?;
    writeln!(out, "    why: {why}")?;
    writeln!(out, "    fix: {fix}")
}
