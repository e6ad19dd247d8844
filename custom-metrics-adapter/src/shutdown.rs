//! The order of stopping: not ready → grace → stop accepting and GOAWAY → requests in flight →
//! end. A second signal ends it at once.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::readiness::Readiness;

/// Signals to stop, in order of arrival. Tests send their own.
pub type Stops = mpsc::Receiver<&'static str>;

/// How a stop was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Everything in flight may finish.
    Drain,
    /// A second signal: nothing is waited for.
    Now,
}

/// SIGTERM and SIGINT as a channel. Installed before anything else, because as PID 1 an
/// unhandled SIGTERM would be ignored by the kernel.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn signals() -> std::io::Result<(Stops, impl Future<Output = ()>)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (sender, receiver) = mpsc::channel(2);
    let forward = async move {
        loop {
            let name = tokio::select! {
                Some(()) = terminate.recv() => "SIGTERM",
                Some(()) = interrupt.recv() => "SIGINT",
            };
            if sender.send(name).await.is_err() {
                return;
            }
        }
    };
    Ok((receiver, forward))
}

/// Waits for the first signal, withdraws readiness, gives endpoints `grace` to follow, and then
/// tells listeners to stop by cancelling `stop`.
pub async fn on_first_signal(
    stops: &mut Stops,
    readiness: &Readiness,
    grace: Duration,
    stop: &CancellationToken,
) -> Stopped {
    let Some(name) = stops.recv().await else {
        // Nobody can signal any more (a test dropped its sender): run on.
        return std::future::pending().await;
    };
    tracing::info!(signal = name, "stop on {name}: no longer ready");
    readiness.withdraw();
    let stopped = tokio::select! {
        () = tokio::time::sleep(grace) => Stopped::Drain,
        Some(_) = stops.recv() => Stopped::Now,
    };
    stop.cancel();
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readiness_goes_before_the_listeners_do() {
        let (sender, mut stops) = mpsc::channel(2);
        let (readiness, stop) = (Readiness::default(), CancellationToken::new());
        sender.send("SIGTERM").await.unwrap();
        let stopped = on_first_signal(&mut stops, &readiness, Duration::ZERO, &stop).await;
        assert_eq!(stopped, Stopped::Drain);
        assert!(!readiness.is_ready());
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn a_second_signal_cuts_the_grace_short() {
        let (sender, mut stops) = mpsc::channel(2);
        let (readiness, stop) = (Readiness::default(), CancellationToken::new());
        sender.send("SIGTERM").await.unwrap();
        sender.send("SIGTERM").await.unwrap();
        let forever = Duration::from_hours(1);
        let stopped = on_first_signal(&mut stops, &readiness, forever, &stop).await;
        assert_eq!(stopped, Stopped::Now);
    }
}
