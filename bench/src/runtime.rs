//! Runs the bench that was asked for and brings its report to its three places.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

use crate::{
    args::{Cli, Command, Common, Loop},
    compat::{self, Compat},
    kubectl::Kubectl,
    machine,
    main_job::{self, MainJob},
    progress::Progress,
    report::{Report, Row},
    results::{self, Results},
    stress::{self, Stress, tools::Tools},
    table,
};

/// With fewer rounds a median says nothing: such a run counts as a quick one.
const FULL_ROUNDS: u32 = 3;

/// Whether every bar was met. Making the document has no bars.
pub fn run(cli: Cli) -> Result<bool> {
    match cli.command {
        Command::Docs { root } => Results::of(&root).write_document().map(|()| true),
        Command::Loop(args) => main_job(args),
        Command::Compat(args) => compat(args),
        Command::Stress(args) => stress(args),
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
    let kind = Kind {
        bench: "loop",
        title: main_job::TITLE,
        quick: common.quick || rounds < FULL_ROUNDS,
        rounds,
    };
    finish(&common, &kind, rows, details)
}

fn compat(args: crate::args::Compat) -> Result<bool> {
    let common = args.common;
    let bench = Compat {
        root: common.root.clone(),
        kubectl: Kubectl::new(args.kubectl, args.kubeconfig.clone()),
        kubeconfig: args.kubeconfig,
        pki: args.pki,
        ours: args.ours,
        rival: args.rival,
        quick: common.quick,
        only: args.only,
        leave_objects: args.leave_objects,
    };
    let judged = tokio::runtime::Runtime::new()
        .context("starting the runtime")?
        .block_on(bench.run(&Progress::after(common.elapsed)))?;
    let findings = compat::findings::render(&judged);
    match &args.findings {
        Some(file) => results::write(file, &findings)?,
        None => print(&findings)?,
    }
    let kind = Kind {
        bench: "compat",
        title: compat::measures::TITLE,
        quick: judged.unused.is_none(),
        // Answers do not vary from round to round.
        rounds: 1,
    };
    let (rows, details) = (
        compat::measures::rows(&judged),
        compat::measures::details(&judged),
    );
    finish(&common, &kind, rows, details)
}

fn stress(args: crate::args::Stress) -> Result<bool> {
    let rounds = args.rounds();
    let common = args.common;
    let bench = Stress {
        tools: Tools {
            stress: args.stress,
            oha: args.oha,
            wrk: args.wrk,
            hey: args.hey,
        },
        rounds,
        quick: common.quick,
    };
    let rows = bench.run(&Progress::after(common.elapsed))?;
    let kind = Kind {
        bench: "stress",
        title: stress::TITLE,
        quick: common.quick || rounds < FULL_ROUNDS,
        rounds,
    };
    finish(&common, &kind, rows, Vec::new())
}

/// What a report says of its bench.
struct Kind<'a> {
    bench: &'a str,
    title: &'a str,
    quick: bool,
    rounds: u32,
}

/// The end of every bench: table, JSON file, kept result and document.
fn finish(
    common: &Common,
    kind: &Kind<'_>,
    rows: Vec<Row>,
    details: Vec<serde_json::Value>,
) -> Result<bool> {
    let report = Report {
        bench: kind.bench.to_owned(),
        title: kind.title.to_owned(),
        quick: kind.quick,
        rounds: kind.rounds,
        machine: machine::describe(),
        commit: common.commit.clone(),
        date: common.date.clone(),
        rows,
        details,
    };
    print(&table::render(&report))?;
    if let Some(file) = &common.json {
        results::write(file, &results::json(&report)?)?;
    }
    if !common.no_keep {
        Results::of(&common.root).keep(&report)?;
    }
    Ok(report.passed())
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("writing to standard output")
}
