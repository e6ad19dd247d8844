//! The table on standard output. Pure.

use std::fmt::Write as _;

use crate::{
    cells::{TITLES, cells},
    report::{Report, Row, Score},
};

/// Rows, then why some were not run, then the score.
pub fn render(report: &Report) -> String {
    let mut lines = vec![TITLES.map(str::to_owned)];
    lines.extend(report.rows.iter().map(cells));
    let widths: [usize; TITLES.len()] = std::array::from_fn(|i| {
        lines
            .iter()
            .map(|line| line[i].chars().count())
            .max()
            .unwrap_or(0)
    });

    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        text.push_str(&join(line, &widths));
        if number == 0 {
            text.push_str(&join(&widths.map(|width| "-".repeat(width)), &widths));
        }
    }
    for Row { id, not_run, .. } in &report.rows {
        if let Some(why) = not_run {
            _ = writeln!(text, "{id} not run: {why}");
        }
    }
    let Score {
        met,
        missed,
        not_run,
    } = report.score();
    let rounds = report.rounds;
    let kind = if report.quick { " (quick)" } else { "" };
    _ = writeln!(
        text,
        "{}{kind}: {met} met, {missed} missed, {not_run} not run; medians (and range) of {rounds} {}; {}; commit {}",
        report.bench,
        if rounds == 1 { "round" } else { "rounds" },
        report.machine,
        report.commit,
    );
    text
}

fn join(cells: &[String; TITLES.len()], widths: &[usize; TITLES.len()]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, &width)| format!("{cell:width$}"))
        .collect();
    format!("{}\n", padded.join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::report;

    #[test]
    fn the_table_shows_what_was_met_missed_and_not_run() {
        insta::assert_snapshot!(render(&report()), @r#"
        id  what                rival               ours                ratio  bar                  met
        --  ------------------  ------------------  ------------------  -----  -------------------  -------
        L1  seconds to 9 pods   59.2 s (58.3–60.1)  56.6 s (55.2–57.9)  0.96   ratio ≤ 1.10         yes
        L2  seconds to 10 pods  61 s                never               -      ratio ≤ 1.10         NO
        L3  failed requests     1.50 (0–3)          0.50 (0–1)          0.33   ours ≤ 0 each round  NO
        L9  memory after a day  -                   -                   -      ratio ≤ 1.00         not run
        L9 not run: takes 24 h
        loop (quick): 1 met, 2 missed, 1 not run; medians (and range) of 2 rounds; 2 × some CPU, 24 GiB, Linux 6.18; commit 0123456789ab
        "#);
    }
}
