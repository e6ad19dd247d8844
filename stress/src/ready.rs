//! Waits for the target before the first request, so that a slow start is not reported as load
//! that failed.

use std::time::Duration;

use tokio::time::Instant;

use crate::{outcome::Failed, target::Target};

/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(250);
/// Longest single attempt, so that a lost packet does not use up the whole limit.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Probes `target` until it is reached, for at most `limit` but at least once. `note` is told
/// each new reason for waiting. Returns what was reached, or the last reason why not.
pub async fn wait<T: Target>(
    target: &T,
    limit: Duration,
    mut note: impl FnMut(&Failed),
) -> Result<String, Failed> {
    let deadline = Instant::now() + limit;
    let mut told: Option<Failed> = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let attempt = if limit.is_zero() {
            ATTEMPT
        } else {
            left.min(ATTEMPT)
        };
        let failed = match target.probe(attempt).await {
            Ok(reached) => return Ok(reached),
            Err(failed) => failed,
        };
        let pause_ends = Instant::now() + PAUSE;
        if pause_ends >= deadline {
            return Err(failed);
        }
        if told.as_ref().is_none_or(|told| told.class != failed.class) {
            note(&failed);
            told = Some(failed);
        }
        tokio::time::sleep_until(pause_ends).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Failure, Reply};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Refuses the first `refuse` probes.
    struct SlowStart {
        refuse: u32,
        probes: AtomicU32,
    }

    impl Target for SlowStart {
        async fn fetch(&self) -> Reply {
            Failed::new(Failure::Protocol, "a probe sends no request").into()
        }
        async fn probe(&self, _: Duration) -> Result<String, Failed> {
            if self.probes.fetch_add(1, Ordering::Relaxed) < self.refuse {
                return Err(Failed::new(Failure::Refused, "refused"));
            }
            Ok("here".to_owned())
        }
    }

    fn slow_start(refuse: u32) -> SlowStart {
        SlowStart {
            refuse,
            probes: AtomicU32::new(0),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_that_comes_up_is_waited_for_and_the_reason_said_once() {
        let mut notes = 0;
        let reached = wait(&slow_start(20), Duration::from_mins(1), |_| notes += 1).await;
        assert_eq!((reached, notes), (Ok("here".to_owned()), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_within_its_limit_with_the_last_reason() {
        let begun = Instant::now();
        let failed = wait(&slow_start(u32::MAX), Duration::from_mins(1), |_| {}).await;
        assert_eq!(failed.map_err(|failed| failed.class), Err(Failure::Refused));
        assert!(begun.elapsed() <= Duration::from_mins(1));
        assert!(begun.elapsed() > Duration::from_secs(59));
    }

    #[tokio::test(start_paused = true)]
    async fn no_waiting_at_all_still_tries_once() {
        let target = slow_start(0);
        assert!(wait(&target, Duration::ZERO, |_| {}).await.is_ok());
        assert_eq!(target.probes.load(Ordering::Relaxed), 1);
    }
}
