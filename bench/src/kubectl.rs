//! The cluster, through kubectl.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::clock;

/// Bounds every single request; waits have bounds of their own.
const REQUEST_TIMEOUT: &str = "--request-timeout=20s";

/// kubectl, pointed at one cluster.
#[derive(Clone, Debug)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub fn new(program: PathBuf, kubeconfig: PathBuf) -> Self {
        Self {
            program,
            kubeconfig,
        }
    }

    /// Standard output of a command that ends.
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<String> {
        self.run_with_input(args, "")
    }

    pub fn run_with_input<A: AsRef<OsStr>>(&self, args: &[A], input: &str) -> Result<String> {
        let mut command = self.command(args);
        command.arg(REQUEST_TIMEOUT);
        self.finish(command, input)
    }

    /// A command that waits by itself, at most `bound`, such as `rollout status` or `wait`.
    pub fn wait<A: AsRef<OsStr>>(&self, args: &[A], bound: Duration) -> Result<()> {
        let mut command = self.command(args);
        command.arg(format!("--timeout={}s", bound.as_secs()));
        self.finish(command, "").map(drop)
    }

    /// A `get` of any path of kube-apiserver.
    pub fn raw(&self, path: &str) -> Result<String> {
        self.run(&["get", "--raw", path])
    }

    /// A command that goes on printing lines, such as `get --watch`, until the result is dropped.
    pub fn follow<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<Lines> {
        let mut command = self.command(args);
        let words = words(&command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("starting {words}"))?;
        let output = child.stdout.take().context("standard output is piped")?;
        let (sender, received) = mpsc::channel();
        // Ends with the pipe, and the pipe with the child, which is killed when `Lines` goes.
        thread::spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
                if sender
                    .send(Line {
                        at: clock::now(),
                        text,
                    })
                    .is_err()
                {
                    break;
                }
            }
        });
        Ok(Lines {
            child,
            received,
            words,
        })
    }

    fn command<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(args);
        command
    }

    fn finish(&self, mut command: Command, input: &str) -> Result<String> {
        let words = words(&command);
        let context = || format!("running {words}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that ended without reading says why by itself.
            _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().with_context(context)?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("{words}: {}: {}", output.status, complaint.trim());
        }
        String::from_utf8(output.stdout).with_context(context)
    }
}

/// The command without the paths of this machine.
fn words(command: &Command) -> String {
    let args: Vec<_> = command
        .get_args()
        .skip(2)
        .map(OsStr::to_string_lossy)
        .collect();
    format!("kubectl {}", args.join(" "))
}

/// A line, and when it arrived in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: f64,
    pub text: String,
}

/// The lines of a running command. The command is killed when this is dropped.
#[derive(Debug)]
pub struct Lines {
    child: Child,
    received: Receiver<Line>,
    words: String,
}

impl Lines {
    /// The next line, `None` when none comes within `bound`.
    ///
    /// # Errors
    /// When the command has ended: what follows a watch must not take silence for calm.
    pub fn next(&self, bound: Duration) -> Result<Option<Line>> {
        match self.received.recv_timeout(bound) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("{} ended early", self.words),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Both fail only if the process is gone already.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    /// A kubectl that runs a script of ours.
    fn kubectl(script: &str) -> (tempfile::TempDir, Kubectl) {
        let dir = tempfile::tempdir().expect("a folder");
        let program = dir.path().join("kubectl");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("writes");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("marks as program");
        (dir, Kubectl::new(program, "config".into()))
    }

    #[test]
    fn a_failed_command_says_which_and_why() {
        let (_dir, kubectl) = kubectl("echo 'no such thing' >&2; exit 4");
        let error = kubectl
            .run(&["get", "thing"])
            .expect_err("fails")
            .to_string();
        assert_eq!(
            error,
            "kubectl get thing --request-timeout=20s: exit status: 4: no such thing"
        );
    }

    #[test]
    fn input_reaches_the_command() {
        let (_dir, kubectl) = kubectl("cat");
        assert_eq!(
            kubectl.run_with_input(&["create"], "a: b\n").expect("runs"),
            "a: b\n"
        );
    }

    #[test]
    fn lines_come_as_they_are_printed_and_the_end_is_an_error() {
        let (_dir, kubectl) = kubectl("echo one; echo two");
        let lines = kubectl.follow(&["get", "--watch"]).expect("starts");
        let bound = Duration::from_mins(1);
        let text = || lines.next(bound).expect("a line").expect("in time").text;
        assert_eq!([text(), text()], ["one", "two"]);
        let error = lines.next(bound).expect_err("ended").to_string();
        assert_eq!(error, "kubectl get --watch ended early");
    }

    #[test]
    fn a_dropped_follower_leaves_no_process() {
        let (_dir, kubectl) = kubectl("echo $$; exec sleep 600");
        let lines = kubectl.follow(&["get", "--watch"]).expect("starts");
        let pid = lines
            .next(Duration::from_mins(1))
            .expect("a line")
            .expect("in time")
            .text;
        let process = std::path::Path::new("/proc").join(pid);
        assert!(process.exists());
        drop(lines);
        assert!(!process.exists());
    }
}
