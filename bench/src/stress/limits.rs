//! A CPU quota, as a container has it.

use std::{fs, path::PathBuf, process, process::Command};

use anyhow::{Context as _, Result, bail};

use super::tools::wrapped;

/// Length of a period, the default of container runtimes.
const PERIOD_MICROS: u32 = 100_000;

/// A cgroup with a quota. It is removed when it is dropped.
#[derive(Debug)]
pub struct Quota {
    dir: PathBuf,
}

/// The two ways of the kernel.
struct Hierarchy {
    root: PathBuf,
    /// The file of the quota, and whether the period stands beside it.
    file: &'static str,
    with_period: bool,
}

fn hierarchy() -> Result<Hierarchy> {
    let fs_root = PathBuf::from("/sys/fs/cgroup");
    if fs_root.join("cgroup.controllers").exists() {
        return Ok(Hierarchy {
            root: fs_root,
            file: "cpu.max",
            with_period: true,
        });
    }
    let root = fs_root.join("cpu");
    if root.join("cpu.cfs_quota_us").exists() {
        return Ok(Hierarchy {
            root,
            file: "cpu.cfs_quota_us",
            with_period: false,
        });
    }
    bail!("this machine has no control group for CPU time")
}

/// Whether a quota can be set here; the error says why not.
pub fn can_limit() -> Result<()> {
    Quota::percent(50).map(drop)
}

impl Quota {
    /// So much of one CPU.
    pub fn percent(percent: u32) -> Result<Self> {
        let Hierarchy {
            root,
            file,
            with_period,
        } = hierarchy()?;
        let quota = Self {
            dir: root.join(format!("bench-stress-{}", process::id())),
        };
        fs::create_dir_all(&quota.dir)
            .with_context(|| format!("creating {}", quota.dir.display()))?;
        let micros = PERIOD_MICROS / 100 * percent;
        let text = if with_period {
            format!("{micros} {PERIOD_MICROS}")
        } else {
            micros.to_string()
        };
        let file = quota.dir.join(file);
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(quota)
    }

    /// The same command within the quota.
    pub fn limit(&self, command: &Command) -> Command {
        let procs = self.dir.join("cgroup.procs").display().to_string();
        let enter = r#"echo $$ >"$0" && exec "$@""#;
        wrapped(&["sh", "-c", enter, &procs], command)
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // A cgroup with a process in it stays, and its name tells whose it was.
        _ = fs::remove_dir(&self.dir);
    }
}
