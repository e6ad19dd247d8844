//! What a container of this machine has used, by `/proc`: the same on both cgroup versions.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

/// Ticks per second in `/proc/*/stat`; fixed for user space on Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// The processes of one container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// User and system time since the processes began.
    pub cpu_seconds: f64,
    /// The most memory each held in RAM so far (`VmHWM`), in bytes.
    pub peak_rss: f64,
}

/// Adds up the processes whose cgroup carries the container's id.
pub fn of_container(id: &str) -> Result<Usage> {
    of_container_in(Path::new("/proc"), id)
}

fn of_container_in(proc: &Path, id: &str) -> Result<Usage> {
    ensure!(id.len() >= 12, "{id:?} is not the id of a container");
    let mut found = None;
    for entry in fs::read_dir(proc).with_context(|| format!("listing {}", proc.display()))? {
        let dir = entry?.path();
        let read = |file: &str| fs::read_to_string(dir.join(file));
        // Not a process, or one that has just ended.
        let Ok(cgroup) = read("cgroup") else { continue };
        if !cgroup.contains(id) {
            continue;
        }
        let (Ok(stat), Ok(status)) = (read("stat"), read("status")) else {
            continue;
        };
        let usage = found.get_or_insert(Usage {
            cpu_seconds: 0.0,
            peak_rss: 0.0,
        });
        usage.cpu_seconds +=
            cpu_seconds(&stat).with_context(|| format!("{stat:?} is not a stat line"))?;
        usage.peak_rss += peak_rss(&status).context("a process without VmHWM")?;
    }
    match found {
        Some(usage) => Ok(usage),
        None => bail!("container {id} has no process on this machine; did it restart?"),
    }
}

/// Fields 14 and 15. The name in brackets before them may hold anything.
pub(crate) fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

/// `VmHWM` of a status, in bytes.
pub(crate) fn peak_rss(status: &str) -> Option<f64> {
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    kib.trim()
        .strip_suffix(" kB")?
        .parse::<f64>()
        .ok()
        .map(|kib| kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef";
    const STAT: &str = "42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 9 0 100 1 1";
    const STATUS: &str = "Name:\tadapter\nVmHWM:\t   20480 kB\nVmRSS:\t   1024 kB\n";

    fn process(proc: &Path, pid: &str, cgroup: &str) {
        let dir = proc.join(pid);
        fs::create_dir(&dir).expect("a folder");
        for (file, text) in [("cgroup", cgroup), ("stat", STAT), ("status", STATUS)] {
            fs::write(dir.join(file), text).expect("writes");
        }
    }

    #[test]
    fn the_processes_of_the_container_add_up_and_others_do_not_count() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "1", "0::/");
        process(proc.path(), "42", &format!("0::/kubepods/pod1/{ID}"));
        process(
            proc.path(),
            "43",
            &format!("5:memory:/x\n4:cpu:/kubepods/pod1/{ID}"),
        );
        fs::create_dir(proc.path().join("sys")).expect("a folder that is no process");
        let usage = of_container_in(proc.path(), ID).expect("usage");
        assert_eq!(
            usage,
            Usage {
                cpu_seconds: 6.0,
                peak_rss: 2.0 * 20_480.0 * 1024.0
            }
        );
    }

    #[test]
    fn a_container_without_a_process_is_an_error_and_not_zero() {
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), "42", "0::/kubepods/pod1/another");
        let error = of_container_in(proc.path(), ID)
            .expect_err("no process")
            .to_string();
        assert!(error.contains(ID), "{error}");
        assert!(
            of_container_in(proc.path(), "").is_err(),
            "an empty id would match every process"
        );
    }

    #[test]
    fn this_very_process_has_used_memory() {
        let status = fs::read_to_string("/proc/self/status").expect("a status");
        assert!(peak_rss(&status).is_some_and(|bytes| bytes > 0.0));
        let stat = fs::read_to_string("/proc/self/stat").expect("a stat line");
        assert!(cpu_seconds(&stat).is_some());
    }
}
