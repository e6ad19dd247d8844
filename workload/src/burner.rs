//! Threads that burn CPU, apart from those that answer.
//!
//! Burning in an async handler would hold its worker: 20 loads would hold all of them, the probes
//! would time out and the kubelet would restart a pod that is merely busy.

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use prometheus::IntGauge;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::governor::{Governor, Step};
use crate::work::portion;

/// Enough for every client of a load test on one pod; beyond it each request would only make all
/// the others slower, so it is refused.
pub const MAX_BURNERS: usize = 64;

/// The longest a waiting burner goes without looking whether its client is still there.
const MAX_PAUSE: Duration = Duration::from_millis(10);

/// Burning needs no deep stack; the default of 2 MiB would count 64 times.
const STACK_BYTES: usize = 128 * 1024;

#[derive(Debug, Error)]
pub enum BurnError {
    #[error("all {limit} burners are busy; ask again later")]
    Busy { limit: usize },

    #[error("cannot start a burner thread")]
    Spawn(#[source] io::Error),

    #[error("the burner thread ended without finishing its work")]
    Lost,
}

/// At most `limit` threads at a time, one per request; clones share the bound.
#[derive(Debug, Clone)]
pub struct Burners {
    slots: Arc<Semaphore>,
    limit: usize,
    governor: Arc<dyn Governor>,
    active: IntGauge,
}

/// The right to burn; `active` counts those given out.
struct Slot {
    _permit: OwnedSemaphorePermit,
    active: IntGauge,
}

impl Slot {
    fn new(permit: OwnedSemaphorePermit, active: &IntGauge) -> Self {
        active.inc();
        Self {
            _permit: permit,
            active: active.clone(),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.active.dec();
    }
}

impl Burners {
    pub fn new(limit: usize, governor: Arc<dyn Governor>, active: IntGauge) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(limit)),
            limit,
            governor,
            active,
        }
    }

    /// Burns until `deadline` on a thread of its own. Dropping the future stops the burning within
    /// a slice (10 ms while the governor makes it wait).
    pub async fn burn_until(&self, deadline: Instant) -> Result<(), BurnError> {
        let permit = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| BurnError::Busy { limit: self.limit })?;
        let slot = Slot::new(permit, &self.active);
        let governor = Arc::clone(&self.governor);
        let (done, finished) = oneshot::channel();
        thread::Builder::new()
            .name("burner".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                burn(governor.as_ref(), deadline, &done);
                // Before the answer: a client that asks again at once finds the slot free.
                drop(slot);
                done.send(()).ok();
            })
            .map_err(BurnError::Spawn)?;
        finished.await.map_err(|_| BurnError::Lost)
    }
}

/// Burns slice by slice until the deadline, or until nobody waits for `done` any more.
fn burn(governor: &dyn Governor, deadline: Instant, done: &oneshot::Sender<()>) {
    let mut state = 1;
    loop {
        let now = Instant::now();
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() || done.is_closed() {
            break;
        }
        match governor.next(now) {
            Step::Burn(slice) => state = spin(state, now + slice.min(left)),
            Step::Wait(pause) => thread::sleep(pause.min(left).min(MAX_PAUSE)),
        }
    }
    black_box(state);
}

fn spin(mut state: u64, end: Instant) -> u64 {
    while Instant::now() < end {
        state = black_box(portion(state));
    }
    state
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::governor::Unlimited;

    const HOUR: Duration = Duration::from_hours(1);

    /// A governor that has nothing to give.
    #[derive(Debug)]
    struct Starved;

    impl Governor for Starved {
        fn next(&self, _now: Instant) -> Step {
            Step::Wait(HOUR)
        }
    }

    fn burners(limit: usize, governor: Arc<dyn Governor>) -> Burners {
        Burners::new(limit, governor, IntGauge::new("active", "help").unwrap())
    }

    fn wait_until_idle(burners: &Burners) {
        while burners.slots.available_permits() < burners.limit {
            thread::yield_now();
        }
    }

    /// Starts the burning and drops the future, as actix does when the client goes away.
    fn abandon(burners: &Burners) {
        let mut burning = pin!(burners.burn_until(Instant::now() + HOUR));
        let mut context = Context::from_waker(Waker::noop());
        assert!(burning.as_mut().poll(&mut context).is_pending());
        assert_eq!(burners.active.get(), 1);
    }

    #[actix_web::test]
    async fn burning_ends_at_the_deadline_and_frees_its_slot_before_it_answers() {
        let burners = burners(1, Arc::new(Unlimited));
        for _ in 0..3 {
            let deadline = Instant::now() + Duration::from_millis(2);
            burners.burn_until(deadline).await.unwrap();
            assert!(Instant::now() >= deadline);
            assert_eq!(burners.active.get(), 0);
        }
    }

    #[test]
    fn an_abandoned_burner_stops_long_before_its_deadline() {
        let burners = burners(1, Arc::new(Unlimited));
        abandon(&burners);
        wait_until_idle(&burners);
    }

    #[test]
    fn an_abandoned_burner_stops_while_the_governor_makes_it_wait() {
        let burners = burners(1, Arc::new(Starved));
        abandon(&burners);
        wait_until_idle(&burners);
    }

    #[actix_web::test]
    async fn a_starved_burner_still_ends_at_its_deadline() {
        let burners = burners(1, Arc::new(Starved));
        let deadline = Instant::now() + Duration::from_millis(2);
        burners.burn_until(deadline).await.unwrap();
    }

    #[test]
    fn one_burner_too_many_is_refused() {
        let burners = burners(1, Arc::new(Unlimited));
        let mut first = pin!(burners.burn_until(Instant::now() + HOUR));
        let mut second = pin!(burners.burn_until(Instant::now() + HOUR));
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
        let refused = second.as_mut().poll(&mut context);
        assert!(matches!(
            refused,
            Poll::Ready(Err(BurnError::Busy { limit: 1 }))
        ));
        assert_eq!(burners.active.get(), 1);
    }
}
