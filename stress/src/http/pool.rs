//! Which connection a request goes out on: an idle one, or a new one within the allowance.
//!
//! A Service spreads connections, not requests: a connection that lives for ever keeps its load
//! on one pod, and pods that join later stay idle. So every connection has a bounded life, and
//! new ones are preferred where there may be new ones.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex as Turnstile, Notify},
    time::{Instant, sleep_until},
};

use super::{allowance::Allowance, connection::Connection};

/// How long a connection may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Requests on one connection.
    pub requests: u32,
    pub age: Duration,
}

impl Life {
    /// This life, or up to a fifth less: connections opened together must not end together.
    fn shortened(self, sequence: u64) -> Self {
        const WHOLE: u32 = 5 * 256;
        // The fractional parts of the multiples of the golden ratio are spread evenly.
        let spread = sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let left = WHOLE - u32::try_from(spread).unwrap_or(0);
        let requests = (u64::from(self.requests) * u64::from(left)).div_ceil(WHOLE.into());
        Self {
            requests: u32::try_from(requests).unwrap_or(self.requests),
            age: self.age * left / WHOLE,
        }
    }
}

/// When a request gets a connection of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Always, without a limit: for loads that stay within it by themselves.
    Never,
    /// While the allowance lasts; beyond it an idle connection serves again.
    BeyondAllowance,
    /// Only when no connection is idle.
    Always,
}

/// The rules for all connections of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub reuse: Reuse,
    pub life: Life,
    /// New connections in any second.
    pub per_second: u32,
    /// Requests that share a connection of HTTP/2 at the same time.
    pub streams: u32,
    pub most_idle: usize,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Any,
    /// Nothing that might have been closed meanwhile.
    Fresh,
}

/// What a request goes out on.
#[derive(Debug)]
pub(super) enum Slot {
    Idle(Connection),
    /// One to be opened, of this life.
    Fresh(Life),
}

#[derive(Debug)]
pub(super) struct Pool {
    limits: Limits,
    state: Mutex<State>,
    /// Those who wait for a connection, in the order they came.
    turnstile: Turnstile<()>,
    returned: Notify,
    waited: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// The one used last at the back.
    idle: VecDeque<Connection>,
    allowance: Allowance,
    opened: u64,
}

impl Pool {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::new(State {
                idle: VecDeque::new(),
                allowance: Allowance::new(limits.per_second),
                opened: 0,
            }),
            turnstile: Turnstile::default(),
            returned: Notify::new(),
            waited: AtomicU64::new(0),
        }
    }

    /// Requests that had to wait until a connection was allowed or came free.
    pub(super) fn waited(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }

    pub(super) fn per_second(&self) -> u32 {
        self.limits.per_second
    }

    /// Whether every connection ends with its first request.
    pub(super) fn never_reuses(&self) -> bool {
        self.limits.reuse == Reuse::Never
    }

    /// Waits, first come first served, until there is a slot.
    pub(super) async fn slot(&self, want: Want) -> Slot {
        let mut waits = false;
        let _turn = if let Ok(turn) = self.turnstile.try_lock() {
            turn
        } else {
            waits = true;
            self.turnstile.lock().await
        };
        loop {
            let allowed = match self.try_slot(want, Instant::now()) {
                Ok(slot) => {
                    self.waited.fetch_add(u64::from(waits), Ordering::Relaxed);
                    return slot;
                }
                Err(allowed) => allowed,
            };
            waits = true;
            tokio::select! {
                () = sleep_until(allowed) => {}
                () = self.returned.notified() => {}
            }
        }
    }

    /// Takes a place back for the next request, unless the connection's life is over.
    pub(super) fn put(&self, connection: Connection) {
        if connection.is_spent(Instant::now()) {
            return;
        }
        let mut state = self.state();
        if state.idle.len() >= self.limits.most_idle {
            state.idle.pop_front();
        }
        state.idle.push_back(connection);
        drop(state);
        self.returned.notify_one();
    }

    /// Offers the other places of a connection that was just opened.
    pub(super) fn offer(&self, opened: &Connection) {
        if !self.never_reuses() {
            for place in opened.share(self.limits.streams - 1) {
                self.put(place);
            }
        }
    }

    /// A connection, or when a new one will be allowed.
    fn try_slot(&self, want: Want, now: Instant) -> Result<Slot, Instant> {
        let state = &mut *self.state();
        let renews = match self.limits.reuse {
            Reuse::Never => return Ok(state.fresh(self.limits.life)),
            Reuse::BeyondAllowance => state.allowance.take_to_renew(now),
            Reuse::Always => false,
        };
        if renews {
            // The new one takes the place of the oldest, so that renewing adds none.
            state.idle.pop_front();
            return Ok(state.fresh(self.limits.life));
        }
        if want == Want::Any
            && let Some(connection) = state.take_idle(now)
        {
            return Ok(Slot::Idle(connection));
        }
        state.allowance.take(now)?;
        Ok(state.fresh(self.limits.life))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The connection that was idle for the shortest time, so that those not needed grow old.
    fn take_idle(&mut self, now: Instant) -> Option<Connection> {
        while self.idle.front().is_some_and(|idle| idle.is_spent(now)) {
            self.idle.pop_front();
        }
        loop {
            let connection = self.idle.pop_back()?;
            if !connection.is_spent(now) && !connection.is_closed() {
                return Some(connection);
            }
        }
    }

    fn fresh(&mut self, life: Life) -> Slot {
        self.opened += 1;
        Slot::Fresh(life.shortened(self.opened))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIFE: Life = Life {
        requests: 100,
        age: Duration::from_secs(10),
    };

    fn pool(reuse: Reuse) -> Pool {
        Pool::new(Limits {
            reuse,
            life: LIFE,
            per_second: 10,
            streams: 1,
            most_idle: 4,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_the_allowance_requests_wait_in_order_and_are_counted() {
        let pool = pool(Reuse::BeyondAllowance);
        let begun = Instant::now();
        for _ in 0..20 {
            assert!(matches!(pool.slot(Want::Any).await, Slot::Fresh(_)));
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        assert_eq!(pool.waited(), 1, "the others came when it was their turn");
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_that_stays_below_the_allowance_is_never_held_back() {
        let pool = pool(Reuse::Never);
        let begun = Instant::now();
        for _ in 0..100 {
            assert!(matches!(pool.slot(Want::Any).await, Slot::Fresh(_)));
        }
        assert_eq!((begun.elapsed(), pool.waited()), (Duration::ZERO, 0));
    }

    proptest! {
        #[test]
        fn a_life_is_never_longer_than_asked_nor_shorter_by_over_a_fifth(requests in 1u32.., millis in 1u64..600_000, sequence in any::<u64>()) {
            let asked = Life { requests, age: Duration::from_millis(millis) };
            let life = asked.shortened(sequence);
            prop_assert!(life.requests <= asked.requests && life.age <= asked.age);
            prop_assert!(u64::from(life.requests) * 5 >= u64::from(requests) * 4);
            prop_assert!(life.age * 5 >= asked.age * 4);
            prop_assert!(life.requests >= 1);
        }
    }

    #[test]
    fn lives_differ_evenly() {
        let mut ages: Vec<_> = (0..100).map(|n| LIFE.shortened(n).age).collect();
        ages.sort_unstable();
        let gaps = ages.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
        assert!(gaps.max() < Some(Duration::from_millis(100)), "{ages:?}");
    }
}
