//! Puts the parts together and runs them.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use actix_web::HttpServer;
use actix_web::rt::{System, spawn};
use anyhow::Context as _;
use tracing::info;

use crate::app::{Shared, app};
use crate::args::{Args, Config};
use crate::cgroup::{CpuQuota, workers};
use crate::connection::Connection;
use crate::dice::Dice;
use crate::governor::budget::Budget;
use crate::governor::{meter, quota};
use crate::inject::Injection;
use crate::shutdown::{self, Signals};
use crate::telemetry;

/// The whole life of the process. An error is fatal and says what could not be done.
pub fn run(args: &Args) -> anyhow::Result<()> {
    telemetry::init()?;
    let config = args.to_config()?;
    System::new().block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let signals = Signals::install().context("cannot handle signals")?;
    let Config {
        listen,
        drain,
        max_age,
        inject,
        pod,
    } = config;
    let pod_name = pod.name().to_owned();
    let quota = CpuQuota::of_this_process();
    let workers = workers(quota, available_parallelism().map_or(1, usize::from));
    let budget = Arc::new(Budget::new(quota));
    let governor = Arc::clone(&budget);
    let shared = Shared::new(pod, governor, Injection::new(inject))
        .context("cannot register the metrics")?;
    let followers = [
        spawn(quota::follow(Arc::clone(&budget), quota)),
        spawn(meter::follow(budget)),
    ];
    let dice = Dice::new(u64::from(std::process::id()));

    let application = shared.clone();
    let server = HttpServer::new(move || app(application.clone()))
        .workers(workers)
        .on_connect(move |_, data| {
            data.insert(Connection::new(Instant::now(), max_age, &dice));
        })
        // A client that is gone drops its handler, which ends the burning it asked for.
        .h1_allow_half_closed(false)
        .shutdown_timeout(shutdown::FINISH.as_secs())
        .disable_signals()
        .bind(listen)
        .with_context(|| format!("cannot listen on {listen}"))?;
    for address in server.addrs() {
        let limit = CpuQuota::describe(quota);
        info!(%address, workers, cpu_limit = limit, pod = pod_name, "listening");
    }

    let ended =
        shutdown::serve_until_stopped(server.run(), signals, &shared.readiness, drain).await;
    for follower in followers {
        follower.abort();
    }
    info!(
        requests = shared.metrics.counted(),
        pod = pod_name,
        "stopped"
    );
    ended?;
    Ok(())
}
