//! `docs/BENCHMARKS.md`, made from the kept reports and from nothing else. Pure.

use std::fmt::Write as _;

use crate::{
    cells::{TITLES, cells},
    report::{Report, Row},
};

const HEAD: &str = "\
# Benchmarks

<!-- Made by `bench/run docs` from bench/results/*.json. Edits here are lost. -->

Ours beside the incumbent, in turns within one run on one machine: ratios mean something, absolute times
depend on the machine. A cell is the median of the rounds with their range; *ratio* is ours ÷ rival. Each bar was
fixed before the run. A missed bar says **NO**; what was not run counts as neither. Run one yourself: `bench/run loop`.
";

/// The whole document; reports in the order given.
pub fn render(reports: &[Report]) -> String {
    let mut text = HEAD.to_owned();
    if reports.is_empty() {
        text.push_str("\nNo results are kept yet.\n");
    }
    for report in reports {
        section(&mut text, report);
    }
    text
}

fn section(text: &mut String, report: &Report) {
    let Report {
        bench,
        title,
        quick,
        rounds,
        machine,
        commit,
        date,
        rows,
        details: _,
    } = report;
    _ = writeln!(text, "\n## {bench}\n\n{title}\n");
    if *quick {
        _ = writeln!(
            text,
            "**A quick run**: fewer and shorter rounds, a look and not a result.\n"
        );
    }
    line(text, &TITLES.map(str::to_owned));
    line(text, &TITLES.map(|_| "---".to_owned()));
    for row in rows {
        line(
            text,
            &cells(row).map(|cell| {
                if cell == "NO" {
                    "**NO**".to_owned()
                } else {
                    cell
                }
            }),
        );
    }
    _ = writeln!(text, "\nWhy these bars:\n");
    for Row {
        id, why, not_run, ..
    } in rows
    {
        let not_run = not_run
            .as_ref()
            .map_or_else(String::new, |reason| format!(" Not run: {reason}."));
        _ = writeln!(text, "- **{id}**: {why}{not_run}");
    }
    let each = if *rounds == 1 {
        "1 round"
    } else {
        &format!("{rounds} rounds")
    };
    _ = writeln!(
        text,
        "\n{each} of each side; {machine}; commit `{commit}`; {date}."
    );
}

fn line(text: &mut String, cells: &[String; TITLES.len()]) {
    let escaped = cells.each_ref().map(|cell| cell.replace('|', "\\|"));
    _ = writeln!(text, "| {} |", escaped.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::report;

    #[test]
    fn a_report_becomes_a_section() {
        insta::assert_snapshot!(render(&[report()]).split_once("\n## ").expect("a section").1, @r#"
        loop

        What was done.

        **A quick run**: fewer and shorter rounds, a look and not a result.

        | id | what | rival | ours | ratio | bar | met |
        | --- | --- | --- | --- | --- | --- | --- |
        | L1 | seconds to 9 pods | 59.2 s (58.3–60.1) | 56.6 s (55.2–57.9) | 0.96 | ratio ≤ 1.10 | yes |
        | L2 | seconds to 10 pods | 61 s | never | - | ratio ≤ 1.10 | **NO** |
        | L3 | failed requests | 1.50 (0–3) | 0.50 (0–1) | 0.33 | ours ≤ 0 each round | **NO** |
        | L9 | memory after a day | - | - | - | ratio ≤ 1.00 | not run |

        Why these bars:

        - **L1**: a reason.
        - **L2**: a reason.
        - **L3**: a reason.
        - **L9**: a reason. Not run: takes 24 h.

        2 rounds of each side; 2 × some CPU, 24 GiB, Linux 6.18; commit `0123456789ab`; 2026-11-22.
        "#);
    }

    #[test]
    fn a_full_run_is_not_called_quick() {
        let full = Report {
            quick: false,
            ..report()
        };
        assert!(!render(&[full]).contains("quick"));
    }

    #[test]
    fn a_bar_in_a_cell_does_not_cut_the_row() {
        let mut odd = report();
        odd.rows[0].what = "a|b".to_owned();
        assert!(render(&[odd]).contains("| a\\|b |"));
    }
}
