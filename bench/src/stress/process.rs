//! One run of a program, with what it used and said.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::usage;

/// Pause between two looks at a process: its peak memory is gone with it.
const LOOK: Duration = Duration::from_millis(10);
/// Longest run of all.
const LONGEST: Duration = Duration::from_mins(6);

/// What is done to a program while it runs.
#[derive(Clone, Copy, Debug)]
pub enum Disturbance {
    None,
    /// SIGTERM after this time to the process itself, or to the only child of it.
    Terminate {
        after: Duration,
        child: bool,
    },
}

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// `None` after a signal.
    pub code: Option<i32>,
    /// User and system time.
    pub cpu: Duration,
    /// In bytes.
    pub peak_rss: f64,
    /// When each line of standard output came, after the start.
    pub lines: Vec<(Duration, String)>,
    /// From SIGTERM to the end, where there was one.
    pub ending: Option<Duration>,
}

impl Finished {
    pub fn last_line(&self) -> &str {
        self.lines.last().map_or("", |(_, line)| line)
    }

    /// Lines that came within `time`.
    pub fn lines_within(&self, time: Duration) -> usize {
        self.lines.iter().filter(|(at, _)| *at <= time).count()
    }
}

/// Runs `command` to its end.
pub fn run(command: &mut Command, disturbance: Disturbance) -> Result<Finished> {
    let name = format!("{command:?}");
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let stdout = child.stdout.take().context("a pipe")?;
    let lines = follow(stdout, began);
    let watched = watch(&mut child, began, disturbance);
    // Whatever went wrong, nothing is left running.
    if watched.is_err() {
        _ = child.kill();
    }
    let code = child.wait()?.code();
    let Watched {
        peak_rss,
        cpu,
        terminated,
    } = watched.with_context(|| name)?;
    Ok(Finished {
        code,
        cpu,
        peak_rss,
        ending: terminated.map(|at| at.elapsed()),
        lines: lines.into_iter().collect(),
    })
}

/// Reads lines on a thread of their own, so that the program never waits for us.
fn follow(
    stdout: impl Read + Send + 'static,
    began: Instant,
) -> mpsc::Receiver<(Duration, String)> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send((began.elapsed(), line)).is_err() {
                return;
            }
        }
    });
    lines
}

struct Watched {
    peak_rss: f64,
    cpu: Duration,
    terminated: Option<Instant>,
}

/// Looks at the process until it has ended, without reaping it: its CPU time is read after that.
fn watch(child: &mut Child, began: Instant, disturbance: Disturbance) -> Result<Watched> {
    let pid = Pid::from_child(child);
    let stat = format!("/proc/{}/stat", child.id());
    let status = format!("/proc/{}/status", child.id());
    let (mut peak_rss, mut terminated) = (0.0, None);
    loop {
        if let Some(peak) = fs::read_to_string(&status)
            .ok()
            .as_deref()
            .and_then(usage::peak_rss)
        {
            peak_rss = peak;
        }
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        if waitid(WaitId::Pid(pid), look)?.is_some() {
            let seconds = usage::cpu_seconds(&fs::read_to_string(&stat)?).context("a stat line")?;
            return Ok(Watched {
                peak_rss,
                cpu: Duration::from_secs_f64(seconds),
                terminated,
            });
        }
        ensure!(
            began.elapsed() < LONGEST,
            "it did not end within {} s",
            LONGEST.as_secs()
        );
        if let Disturbance::Terminate {
            after,
            child: inner,
        } = disturbance
            && terminated.is_none()
            && began.elapsed() >= after
        {
            let pid = if inner { only_child(child.id())? } else { pid };
            kill_process(pid, Signal::TERM)?;
            terminated = Some(Instant::now());
        }
        thread::sleep(LOOK);
    }
}

fn only_child(pid: u32) -> Result<Pid> {
    let file = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(&file).with_context(|| format!("reading {file}"))?;
    let [child] = children.split_whitespace().collect::<Vec<_>>()[..] else {
        bail!("process {pid} has the children {children:?} and not one");
    };
    Pid::from_raw(child.parse()?).context("a process id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, disturbance: Disturbance) -> Finished {
        let mut command = Command::new("sh");
        run(command.args(["-c", script]), disturbance).expect("it runs")
    }

    #[test]
    fn a_program_leaves_its_lines_its_code_and_its_usage() {
        let script =
            "echo one; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo two; exit 3";
        let finished = shell(script, Disturbance::None);
        assert_eq!((finished.code, finished.last_line()), (Some(3), "two"));
        assert!(
            finished.cpu > Duration::ZERO && finished.peak_rss > 0.0,
            "{finished:?}"
        );
        assert_eq!(finished.lines_within(LONGEST), 2);
    }

    #[test]
    fn a_program_that_is_told_to_end_may_say_so() {
        let after = Duration::from_millis(100);
        let script = "trap 'echo ended; exit 0' TERM; while :; do sleep 0.01; done";
        let terminate = Disturbance::Terminate {
            after,
            child: false,
        };
        let finished = shell(script, terminate);
        assert_eq!((finished.code, finished.last_line()), (Some(0), "ended"));
        assert!(finished.ending.is_some());
    }
}
