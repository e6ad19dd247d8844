//! Signals: the first stops the arrivals, the second ends the wait for answers.
//!
//! As process 1 of a container a signal without a handler is ignored, so the handlers are
//! installed before anything else happens.

use std::{
    future::Future,
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::signal::unix::{self, SignalKind};
use tokio_util::sync::CancellationToken;

use crate::verdict::Signal;

/// Tells every part of the run to stop. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    arrivals: CancellationToken,
    waiting: CancellationToken,
    signal: Arc<OnceLock<Signal>>,
}

impl Stop {
    /// Takes over SIGINT and SIGTERM for the life of the runtime.
    pub fn on_signals() -> io::Result<Self> {
        let mut interrupt = unix::signal(SignalKind::interrupt())?;
        let mut terminate = unix::signal(SignalKind::terminate())?;
        let stop = Self::default();
        let shared = stop.clone();
        tokio::spawn(async move {
            loop {
                let signal = tokio::select! {
                    Some(()) = interrupt.recv() => Signal::Interrupt,
                    Some(()) = terminate.recv() => Signal::Terminate,
                    else => return,
                };
                shared.receive(signal);
            }
        });
        Ok(stop)
    }

    pub fn receive(&self, signal: Signal) {
        if self.signal.set(signal).is_ok() {
            self.arrivals.cancel();
        } else {
            self.waiting.cancel();
        }
    }

    /// A token that stops the arrivals when it is cancelled, without a signal.
    pub fn arrivals_token(&self) -> CancellationToken {
        self.arrivals.clone()
    }

    /// The first signal, if one has come.
    pub fn signal(&self) -> Option<Signal> {
        self.signal.get().copied()
    }

    pub fn is_stopped(&self) -> bool {
        self.arrivals.is_cancelled()
    }

    /// Returns when arrivals must stop.
    pub async fn stopped(&self) {
        self.arrivals.cancelled().await;
    }

    /// Runs `work` to its end, or returns `None` as soon as arrivals must stop.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stopped() => None,
            result = work => Some(result),
        }
    }

    /// Returns `grace` after arrivals were told to stop, or at the second signal.
    pub async fn given_up(&self, grace: Duration) {
        self.stopped().await;
        tokio::select! {
            () = tokio::time::sleep(grace) => {}
            () = self.waiting.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_signal_stops_the_arrivals_and_the_second_ends_the_wait() {
        let stop = Stop::default();
        stop.receive(Signal::Terminate);
        stop.stopped().await;
        let day = Duration::from_hours(24);
        let begun = tokio::time::Instant::now();
        stop.receive(Signal::Interrupt);
        stop.given_up(day).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(
            stop.signal(),
            Some(Signal::Terminate),
            "the first one names the exit code"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn after_one_signal_the_wait_lasts_the_grace() {
        let stop = Stop::default();
        stop.receive(Signal::Interrupt);
        let begun = tokio::time::Instant::now();
        stop.given_up(Duration::from_secs(5)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }
}
