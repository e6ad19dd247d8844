//! Waking at a moment, as exactly as the system allows.

use std::future::Future;

use tokio::time::Instant;

pub use exact::ExactTimer;

/// Wakes at a deadline. The seam that lets tests run the schedule on paused time.
pub trait Timer: Send {
    /// Returns at `deadline` or later, at once if it has passed. Safe to cancel.
    fn sleep_until(&mut self, deadline: Instant) -> impl Future<Output = ()> + Send;
}

/// The runtime's own timer: steps of 1 ms, so 0.5 ms late at the median.
#[derive(Debug, Default)]
pub struct RuntimeTimer;

impl Timer for RuntimeTimer {
    async fn sleep_until(&mut self, deadline: Instant) {
        tokio::time::sleep_until(deadline).await;
    }
}

#[cfg(target_os = "linux")]
mod exact {
    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::{
        io::{Interest, unix::AsyncFd},
        time::Instant,
    };

    use super::Timer;

    /// A timer of the kernel in the event loop: less than 0.1 ms late at the median.
    #[derive(Debug)]
    pub struct ExactTimer(AsyncFd<OwnedFd>);

    impl ExactTimer {
        #[expect(
            deprecated,
            reason = "sound for an `OwnedFd`: it stays open and the same for as long as the \
                      registration; the replacement needs `unsafe`, which is forbidden here"
        )]
        pub fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            AsyncFd::with_interest(fd, Interest::READABLE).map(Self)
        }

        async fn expire(&self, delay: Duration) -> io::Result<()> {
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: Timespec::try_from(delay).map_err(io::Error::other)?,
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            loop {
                let mut readable = self.0.readable().await?;
                // Clears the readiness when there is nothing to read: otherwise the expiry of
                // an earlier, cancelled wait would end this one at once.
                let expired = readable.try_io(|fd| Ok(rustix::io::read(fd, &mut [0; 8])?));
                if let Ok(result) = expired {
                    return result.map(|_| ());
                }
            }
        }
    }

    impl Timer for ExactTimer {
        async fn sleep_until(&mut self, deadline: Instant) {
            let delay = deadline.saturating_duration_since(Instant::now());
            // A zero value would disarm the timer and wait for ever.
            if !delay.is_zero() && self.expire(delay).await.is_err() {
                tokio::time::sleep_until(deadline).await;
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[tokio::test]
        async fn it_never_wakes_early_even_after_a_cancelled_wait() {
            let mut timer = ExactTimer::new().expect("a timer");
            for delay in [0, 300, 1, 2000] {
                let soon = Instant::now() + Duration::from_micros(100);
                tokio::select! {
                    biased;
                    () = timer.sleep_until(soon) => {}
                    () = tokio::task::yield_now() => {}
                }
                let deadline = Instant::now() + Duration::from_micros(delay);
                timer.sleep_until(deadline).await;
                assert!(Instant::now() >= deadline);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod exact {
    use std::io;

    use tokio::time::Instant;

    use super::{RuntimeTimer, Timer};

    /// Where there is no timerfd, the runtime's timer.
    #[derive(Debug)]
    pub struct ExactTimer(RuntimeTimer);

    impl ExactTimer {
        pub fn new() -> io::Result<Self> {
            Ok(Self(RuntimeTimer))
        }
    }

    impl Timer for ExactTimer {
        async fn sleep_until(&mut self, deadline: Instant) {
            self.0.sleep_until(deadline).await;
        }
    }
}
