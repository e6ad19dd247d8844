//! The programs, and how each is told to make the same load.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{process, responder};

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Tools {
    pub stress: PathBuf,
    pub oha: PathBuf,
    pub wrk: PathBuf,
    pub hey: PathBuf,
}

/// A number of seconds as an argument.
pub fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs())
}

impl Tools {
    /// Ours, at a rate.
    pub fn stress(&self, url: &str, rate: u32, duration: Duration) -> Command {
        let rate = rate.to_string();
        let duration = seconds(duration);
        command(
            &self.stress,
            &[
                "--url",
                url,
                "--rate",
                &rate,
                "--duration",
                &duration,
                "--json",
                "-",
            ],
        )
    }

    /// oha at a rate, as its manual says for honest latencies.
    pub fn oha(&self, url: &str, rate: u32, duration: Duration) -> Command {
        let (rate, duration) = (rate.to_string(), seconds(duration));
        let flags = ["--no-tui", "-c", "50", "-q", &rate, "-z", &duration];
        command(
            &self.oha,
            &[&flags[..], &["--latency-correction", url]].concat(),
        )
    }

    /// hey at a rate: its `-q` is per worker.
    pub fn hey(&self, url: &str, rate: u32, duration: Duration) -> Command {
        let per_worker = (rate / 10).to_string();
        let duration = seconds(duration);
        command(
            &self.hey,
            &["-c", "10", "-q", &per_worker, "-z", &duration, url],
        )
    }
}

pub fn command(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// The same command on a CPU that the responder does not use.
pub fn pinned(command: &Command) -> Command {
    let cpu = (responder::CPU + 1).to_string();
    wrapped(&["taskset", "-c", &cpu], command)
}

/// The same command as process 1, as in a container.
pub fn as_process_one(command: &Command) -> Command {
    wrapped(&["unshare", "--pid", "--fork", "--kill-child"], command)
}

/// The same command behind another one.
pub fn wrapped(before: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(before[0]);
    outer
        .args(&before[1..])
        .arg(command.get_program())
        .args(command.get_args());
    outer
}

/// Runs without disturbance.
pub fn run(mut command: Command) -> anyhow::Result<process::Finished> {
    process::run(&mut command, process::Disturbance::None)
}
