//! One run from its arguments to its exit code: the only file that knows all the parts.

use std::{
    ffi::OsString,
    io::{self, Write},
    sync::Arc,
    time::{Duration, SystemTime},
};

use clap::Parser;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::task::TaskTracker;

use crate::{
    args::Args,
    http::{HttpTarget, SetupError},
    limits,
    load::Load,
    metrics,
    outcome::Failed,
    output::{OutputError, Outputs},
    ready,
    recorder::SharedRecorder,
    report::{Plan, Report, Times},
    runner::Runner,
    sampler::{self, Sampler},
    schedule::Schedule,
    shutdown::Stop,
    timer::ExactTimer,
    verdict::{self, Ending, Measured},
};

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("--concurrency {wanted}: this process may open {allowed} connections (ulimit -n)")]
    Workers { wanted: u64, allowed: u64 },
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
}

impl RunError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Workers { .. } | Self::Setup(_) | Self::Output(OutputError::Open { .. }) => {
                verdict::EXIT_USAGE
            }
            Self::Output(_) | Self::Start(_) => verdict::EXIT_OUTPUT,
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
    let load = within_limits(args.load())?;
    let setup = args.setup(&load);
    let plan = Plan {
        url: setup.endpoint.to_string(),
        method: setup.content.method.to_string(),
        load,
        reuse: setup.limits.reuse,
        conn_rate: setup.limits.per_second,
    };
    let runner = Runner {
        target: Arc::new(HttpTarget::start(setup)?),
        recorder: SharedRecorder::default(),
        stop: stop.clone(),
        tasks: TaskTracker::new(),
    };
    let mut outputs = Outputs::open(&args.output, &plan.url, &plan.load, stop)?;
    if let Some(listener) = outputs.take_metrics() {
        note(&format!(
            "metrics at http://{}/metrics",
            listener.local_addr()?
        ));
        serve_metrics(listener, &runner);
    }
    if args.request.insecure {
        note("warning: --insecure: the target may be anybody");
    }

    let mut times = Times {
        started: since_1970(),
        arrivals: Duration::ZERO,
    };
    let ready = stop.unless_stopped(wait_for_target(args, &runner, &plan));
    let ending = match ready.await {
        Some(Err(failed)) => Ending::NeverReady {
            reason: failed.detail,
        },
        Some(Ok(())) => {
            times = send(&runner, &plan.load, &mut outputs, args.verdict.grace).await?;
            stop.signal().map_or(Ending::Completed, Ending::Stopped)
        }
        None => stop.signal().map_or(Ending::Completed, Ending::Stopped),
    };

    let report = {
        let recorder = runner.recorder.lock();
        let measured = Measured {
            totals: recorder.totals(),
            p99: recorder.p99(),
            generator_late: recorder.generator_is_late(),
        };
        let verdict = verdict::judge(&ending, &measured, &args.thresholds());
        Report::new(&plan, times, &recorder, runner.target.totals(), verdict)
    };
    outputs.publish(&report, stop).await?;
    Ok(report.verdict.exit_code)
}

/// The load, with a lower cap if the system does not let this process open as many connections.
fn within_limits(load: Load) -> Result<Load, RunError> {
    let wanted = load.max_in_flight();
    let allowed = limits::allow_connections(wanted).max(1);
    match load {
        _ if allowed >= wanted => Ok(load),
        Load::Closed(_) => Err(RunError::Workers { wanted, allowed }),
        Load::Open { profile, .. } => {
            note(&format!(
                "note: at most {allowed} requests in flight instead of {wanted}: the limit of open files is too low (ulimit -n)"
            ));
            Ok(Load::Open {
                profile,
                max_in_flight: allowed,
            })
        }
    }
}

fn serve_metrics(listener: TcpListener, runner: &Runner<HttpTarget>) {
    let (recorder, target) = (runner.recorder.clone(), Arc::clone(&runner.target));
    let render = move || metrics::render(&recorder.lock(), target.totals().opened);
    tokio::spawn(metrics::server::serve(listener, render));
}

async fn wait_for_target(
    args: &Args,
    runner: &Runner<HttpTarget>,
    plan: &Plan,
) -> Result<(), Failed> {
    let limit = args.verdict.wait_ready;
    let limit_text = humantime::format_duration(limit);
    let waiting = |failed: &Failed| {
        let why = &failed.detail;
        note(&format!("waiting up to {limit_text} for the target: {why}"));
    };
    let peer = ready::wait(runner.target.as_ref(), limit, waiting).await?;
    let Plan { url, load, .. } = plan;
    let sends = match load {
        Load::Open {
            profile,
            max_in_flight,
        } => {
            let planned = Schedule::new(profile).planned();
            format!("sending {planned} requests, {load}, at most {max_in_flight} in flight")
        }
        Load::Closed(_) => format!("sending {load}"),
    };
    note(&format!("{url} accepts connections at {peer}; {sends}"));
    Ok(())
}

/// Sends the whole load and waits for its answers, telling of every second.
async fn send(
    runner: &Runner<HttpTarget>,
    load: &Load,
    outputs: &mut Outputs,
    grace: Duration,
) -> Result<Times, RunError> {
    let (mut arrival_timer, mut sampler_timer) = (ExactTimer::new()?, ExactTimer::new()?);
    let started = since_1970();
    let start = Instant::now() + sampler::LEAD;
    let target = Arc::clone(&runner.target);
    let opened = move || target.totals().opened;
    let mut sampler = Sampler::new(runner.recorder.clone(), opened, start);
    let sending = async {
        let arrivals = match load {
            Load::Open {
                profile,
                max_in_flight,
            } => {
                let schedule = Schedule::new(profile);
                runner
                    .open_loop(&schedule, *max_in_flight, start, &mut arrival_timer)
                    .await
            }
            Load::Closed(workers) => runner.closed_loop(workers).await,
        };
        runner.drain(grace).await;
        arrivals
    };
    let arrivals = tokio::select! {
        // First, so that the line of the last second is out before the end of the load.
        biased;
        never = sampler.every_second(&mut sampler_timer, |sample| outputs.show(sample)) => never,
        arrivals = sending => arrivals,
    };
    if let Some(rest) = sampler.rest() {
        outputs.record(&rest);
    }
    Ok(Times { started, arrivals })
}

fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
