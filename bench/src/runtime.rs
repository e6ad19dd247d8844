//! Runs the bench that was asked for and brings its report to its three places.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

use crate::{
    args::{Cli, Command, Common, Loop},
    kubectl::Kubectl,
    machine,
    main_job::{self, MainJob},
    progress::Progress,
    report::{Report, Row},
    results::{self, Results},
    table,
};

/// With fewer rounds a median says nothing: such a run counts as a quick one.
const FULL_ROUNDS: u32 = 3;

/// Whether every bar was met. Making the document has no bars.
pub fn run(cli: Cli) -> Result<bool> {
    match cli.command {
        Command::Docs { root } => Results::of(&root).write_document().map(|()| true),
        Command::Loop(args) => main_job(args),
    }
}

fn main_job(args: Loop) -> Result<bool> {
    let (rounds, load) = (args.rounds(), args.load());
    let Loop {
        common,
        kubectl,
        kubeconfig,
    } = args;
    let job = MainJob {
        kubectl: Kubectl::new(kubectl, kubeconfig),
        manifest: common.root.join("k8s/stress-test.yaml"),
        load,
        rounds,
    };
    let (rows, details) = job.run(&Progress::after(common.elapsed))?;
    finish(&common, "loop", main_job::TITLE, rounds, rows, details)
}

/// The end of every bench: table, JSON file, kept result and document.
fn finish(
    common: &Common,
    bench: &str,
    title: &str,
    rounds: u32,
    rows: Vec<Row>,
    details: Vec<serde_json::Value>,
) -> Result<bool> {
    let report = Report {
        bench: bench.to_owned(),
        title: title.to_owned(),
        quick: common.quick || rounds < FULL_ROUNDS,
        rounds,
        machine: machine::describe(),
        commit: common.commit.clone(),
        date: common.date.clone(),
        rows,
        details,
    };
    io::stdout()
        .write_all(table::render(&report).as_bytes())
        .context("writing the table")?;
    if let Some(file) = &common.json {
        results::write(file, &results::json(&report)?)?;
    }
    Results::of(&common.root).keep(&report)?;
    Ok(report.passed())
}
