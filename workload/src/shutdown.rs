//! The end, in an order that loses no request.
//!
//! Kubernetes takes a pod out of its Services and sends SIGTERM at the same moment, and some nodes
//! hear of the former seconds later. So the pod says that it is not ready but keeps accepting for
//! the drain time, then closes the listener, finishes what is in flight and exits.

use std::io;
use std::time::Duration;

use actix_web::dev::Server;
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;
use tracing::info;

use crate::readiness::Readiness;

/// How long requests in flight may take after the listener is closed: the 5 s of `/load` twice.
/// Together with the drain time it must stay below `terminationGracePeriodSeconds`.
pub const FINISH: Duration = Duration::from_secs(10);

/// The signals that end a process politely. As PID 1 they have no default action, so nothing but
/// these handlers makes a container stop in time.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

#[derive(Debug, Error)]
pub enum ServeError {
    #[error("the server failed")]
    Server(#[source] io::Error),

    #[error("a second signal ({0}) ended the process before its requests were finished")]
    Forced(&'static str),
}

impl Signals {
    /// From here on signals are noticed, not obeyed by default.
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The name of the next signal.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Runs `server` until a signal has stopped it in order, or a second one at once.
pub async fn serve_until_stopped(
    mut server: Server,
    mut signals: Signals,
    readiness: &Readiness,
    drain: Duration,
) -> Result<(), ServeError> {
    let signal = tokio::select! {
        ended = &mut server => return ended.map_err(ServeError::Server),
        signal = signals.next() => signal,
    };
    readiness.withdraw();
    info!(
        signal,
        drain_seconds = drain.as_secs_f64(),
        "draining: not ready, still serving"
    );

    let handle = server.handle();
    let stop = async {
        sleep(drain).await;
        info!("closing the listener, finishing requests in flight");
        handle.stop(true).await;
    };
    tokio::select! {
        ((), ended) = async { tokio::join!(stop, server) } => ended.map_err(ServeError::Server),
        signal = signals.next() => Err(ServeError::Forced(signal)),
    }
}
