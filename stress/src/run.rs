//! One run from its arguments to its exit code: the only file that knows all the parts.

use std::{
    ffi::OsString,
    io::{self, Write},
    sync::Arc,
    time::{Duration, SystemTime},
};

use clap::Parser;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::{
    args::Args,
    console::Console,
    http::HttpTarget,
    limits,
    outcome::Failed,
    progress, ready,
    recorder::SharedRecorder,
    report::{Plan, Report, Times, json, text},
    runner::Runner,
    schedule::Schedule,
    shutdown::Stop,
    timer::ExactTimer,
    verdict::{self, Ending},
};

/// Most idle connections kept for reuse.
const MOST_IDLE: u64 = 1024;
/// Longest wait for a blocked reader of the summary after a signal.
const FLUSH: Duration = Duration::from_secs(1);

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("--json {path}: {source}")]
    OpenReport { path: String, source: io::Error },
    #[error("cannot write {to}: {source}")]
    Write { to: String, source: io::Error },
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
}

impl RunError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::OpenReport { .. } => verdict::EXIT_USAGE,
            Self::Write { .. } | Self::Start(_) => verdict::EXIT_OUTPUT,
        }
    }
}

/// Runs the program and returns its exit code.
pub async fn main(arguments: impl Iterator<Item = OsString>) -> u8 {
    let result = match Stop::on_signals() {
        Ok(stop) => match Args::try_parse_from(arguments) {
            Ok(args) => run(&args, &stop).await,
            Err(help_or_error) => return print(&help_or_error),
        },
        Err(error) => Err(error.into()),
    };
    result.unwrap_or_else(|error| {
        note(&format!("error: {error}"));
        error.exit_code()
    })
}

/// Writes a line for people to standard error. When that is gone there is nobody to tell.
pub fn note(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

fn print(help_or_error: &clap::Error) -> u8 {
    match help_or_error.print() {
        Ok(()) => u8::try_from(help_or_error.exit_code()).unwrap_or(verdict::EXIT_USAGE),
        Err(_) => verdict::EXIT_OUTPUT,
    }
}

async fn run(args: &Args, stop: &Stop) -> Result<u8, RunError> {
    let output =
        json::Output::open(args.json.as_deref()).map_err(|source| RunError::OpenReport {
            path: args
                .json
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            source,
        })?;
    let console = Console::start(io::stdout(), stop.arrivals_token())?;
    let max_in_flight = allowed_in_flight(args);
    let plan = Plan {
        url: args.url.to_string(),
        profile: args.profile(),
        max_in_flight,
        keep_alive: args.keep_alive,
    };
    let most_idle = usize::try_from(max_in_flight.min(MOST_IDLE)).unwrap_or(usize::MAX);
    let target = HttpTarget::new(args.url.clone(), args.timeout, args.reuse(), most_idle);
    let runner = Runner {
        schedule: Schedule::new(&plan.profile),
        target: Arc::new(target),
        max_in_flight,
        recorder: SharedRecorder::default(),
        stop: stop.clone(),
        tasks: TaskTracker::new(),
    };

    let mut times = Times {
        started: since_1970(),
        arrivals: Duration::ZERO,
    };
    let ending = match stop
        .unless_stopped(wait_for_target(args, &runner, &plan))
        .await
    {
        Some(Err(failed)) => Ending::NeverReady {
            reason: failed.detail,
        },
        Some(Ok(())) => {
            times = load(&runner, &console, args.grace).await?;
            stop.signal().map_or(Ending::Completed, Ending::Stopped)
        }
        None => stop.signal().map_or(Ending::Completed, Ending::Stopped),
    };

    let report = {
        let recorder = runner.recorder.lock();
        let verdict = verdict::judge(&ending, recorder.totals(), args.max_fail);
        Report::new(&plan, times, &recorder, runner.target.totals(), verdict)
    };
    publish(&report, &output, console, stop).await?;
    Ok(report.verdict.exit_code)
}

/// The cap of `args`, or less if the system does not let this process open as many connections.
fn allowed_in_flight(args: &Args) -> u64 {
    let wanted = args.most_in_flight();
    let allowed = limits::allow_connections(wanted).max(1);
    if allowed < wanted {
        note(&format!(
            "note: at most {allowed} requests in flight instead of {wanted}: the limit of open files is too low (ulimit -n)"
        ));
    }
    allowed
}

async fn wait_for_target(
    args: &Args,
    runner: &Runner<HttpTarget>,
    plan: &Plan,
) -> Result<(), Failed> {
    let limit = humantime::format_duration(args.wait_ready);
    let waiting = |failed: &Failed| {
        note(&format!(
            "waiting up to {limit} for the target: {}",
            failed.detail
        ));
    };
    let peer = ready::wait(runner.target.as_ref(), args.wait_ready, waiting).await?;
    note(&format!(
        "{} accepts connections at {peer}; sending {} requests, {}, at most {} in flight",
        plan.url,
        runner.schedule.planned(),
        plan.profile,
        plan.max_in_flight
    ));
    Ok(())
}

async fn load(
    runner: &Runner<HttpTarget>,
    console: &Console,
    grace: Duration,
) -> Result<Times, RunError> {
    let (mut arrival_timer, mut progress_timer) = (ExactTimer::new()?, ExactTimer::new()?);
    let started = since_1970();
    let start = Instant::now() + progress::LEAD;
    let load = async {
        let arrivals = runner.arrivals(start, &mut arrival_timer).await;
        runner.drain(grace).await;
        arrivals
    };
    let arrivals = tokio::select! {
        // First, so that the line of the last second is out before the end of the load.
        biased;
        never = progress::every_second(&runner.recorder, console, start, &mut progress_timer) => never,
        arrivals = load => arrivals,
    };
    Ok(Times { started, arrivals })
}

async fn publish(
    report: &Report,
    output: &json::Output,
    console: Console,
    stop: &Stop,
) -> Result<(), RunError> {
    let write_failed = |to: &str| {
        let to = to.to_owned();
        move |source| RunError::Write { to, source }
    };
    if let json::Output::File { path, file } = output {
        json::write(report, file).map_err(write_failed(&path.display().to_string()))?;
    }
    let mut last = text::render(report);
    if matches!(output, json::Output::Stdout) {
        last.push('\n');
        last.push_str(&json::line(report).map_err(write_failed("standard output"))?);
    }
    let blocked = async {
        stop.stopped().await;
        tokio::time::sleep(FLUSH).await;
    };
    tokio::select! {
        biased;
        written = console.finish(last) => written,
        () = blocked => Err(io::ErrorKind::TimedOut.into()),
    }
    .map_err(write_failed("standard output"))
}

fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
