//! The arguments that `bench/run` passes on.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

/// Runs ours and the incumbent in turns and judges each measure by its bar. Users type `bench/run`,
/// which prepares what a bench needs and then calls this.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The main job, with our adapter and with prometheus-adapter in its place
    Loop(Loop),
    /// Every answer of both adapters compared
    Compat(Compat),
    /// Our load generator and those that people use
    Stress(Stress),
    /// Make docs/BENCHMARKS.md from the kept results
    Docs {
        /// Top of the checkout
        #[arg(long)]
        root: PathBuf,
    },
}

/// What every bench takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Top of the checkout
    #[arg(long)]
    pub root: PathBuf,
    /// Fewer and shorter rounds
    #[arg(long)]
    pub quick: bool,
    /// Rounds of each side
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// Also write the report here
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Seconds that preparing took: progress goes on from there
    #[arg(long, default_value_t = 0)]
    pub elapsed: u64,
    /// Commit that is measured
    #[arg(long)]
    pub commit: String,
    /// Day of the run
    #[arg(long)]
    pub date: String,
    /// Keep neither the result nor the document made from it
    #[arg(long)]
    pub no_keep: bool,
}

#[derive(Debug, Args)]
pub struct Loop {
    #[command(flatten)]
    pub common: Common,
    /// kubectl of the cluster's version
    #[arg(long)]
    pub kubectl: PathBuf,
    #[arg(long)]
    pub kubeconfig: PathBuf,
}

#[derive(Debug, Args)]
pub struct Compat {
    #[command(flatten)]
    pub common: Common,
    #[arg(long)]
    pub kubectl: PathBuf,
    #[arg(long)]
    pub kubeconfig: PathBuf,
    /// Folder with the front proxy's client certificate of the cluster
    #[arg(long)]
    pub pki: PathBuf,
    /// The program of our adapter
    #[arg(long)]
    pub ours: PathBuf,
    /// The program of prometheus-adapter
    #[arg(long)]
    pub rival: PathBuf,
    /// Only configurations whose name holds this
    #[arg(long)]
    pub only: Option<String>,
    /// Leave the objects in the cluster: it ends with the run
    #[arg(long)]
    pub leave_objects: bool,
    /// Write unexplained differences here (default: to standard output)
    #[arg(long)]
    pub findings: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Stress {
    #[command(flatten)]
    pub common: Common,
    /// The program of our load generator, as it is in the image
    #[arg(long)]
    pub stress: PathBuf,
    #[arg(long)]
    pub oha: PathBuf,
    #[arg(long)]
    pub wrk: PathBuf,
    #[arg(long)]
    pub hey: PathBuf,
}

impl Stress {
    pub fn rounds(&self) -> u32 {
        self.common
            .rounds
            .unwrap_or(if self.common.quick { 1 } else { 3 })
    }
}

impl Loop {
    /// Times to scale are quantised by the autoscaler's 15 s: ten rounds blur that.
    pub fn rounds(&self) -> u32 {
        self.common
            .rounds
            .unwrap_or(if self.common.quick { 1 } else { 10 })
    }

    /// Long enough for 10 pods in nearly every round.
    pub fn load(&self) -> Duration {
        Duration::from_secs(if self.common.quick { 120 } else { 180 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
