//! Puts the parts together and runs them.

use std::thread::available_parallelism;

use actix_web::HttpServer;
use actix_web::rt::System;
use anyhow::Context as _;
use tracing::info;

use crate::app::{Shared, app};
use crate::args::{Args, Config};
use crate::cgroup::{CpuQuota, workers};
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
    let Config { listen, drain, pod } = config;
    let pod_name = pod.name().to_owned();
    let shared = Shared::new(pod).context("cannot register the metrics")?;
    let workers = workers(
        CpuQuota::of_this_process(),
        available_parallelism().map_or(1, usize::from),
    );

    let application = shared.clone();
    let server = HttpServer::new(move || app(application.clone()))
        .workers(workers)
        // A client that is gone drops its handler, which ends the burning it asked for.
        .h1_allow_half_closed(false)
        .shutdown_timeout(shutdown::FINISH.as_secs())
        .disable_signals()
        .bind(listen)
        .with_context(|| format!("cannot listen on {listen}"))?;
    for address in server.addrs() {
        info!(%address, workers, pod = pod_name, "listening");
    }

    shutdown::serve_until_stopped(server.run(), signals, &shared.readiness, drain).await?;
    info!("stopped");
    Ok(())
}
