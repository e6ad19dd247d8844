//! How many new connections a second may see. Pure: the caller brings the clock.
//!
//! Every closed connection keeps its local port for a minute, so a fresh connection per request
//! runs out of ports at some 470 per second to one address, and any number of them is load of its
//! own on whatever balances connections.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(1);

/// At most so many connections in any second.
#[derive(Debug)]
pub(super) struct Allowance {
    per_second: usize,
    /// Opened within the last second, the oldest first.
    opened: VecDeque<Instant>,
}

impl Allowance {
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second: usize::try_from(per_second).unwrap_or(usize::MAX),
            opened: VecDeque::new(),
        }
    }

    /// Takes one of the connections allowed now, or says when there will be one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        while let Some(oldest) = self.opened.front().copied()
            && now.saturating_duration_since(oldest) >= WINDOW
        {
            self.opened.pop_front();
        }
        match self.opened.front() {
            Some(oldest) if self.opened.len() >= self.per_second => Err(*oldest + WINDOW),
            _ => {
                self.opened.push_back(now);
                Ok(())
            }
        }
    }

    /// Takes one to replace a connection that would do as well. Half of the allowance is for
    /// that, evenly over the second; the rest stays for when more connections are needed.
    pub(super) fn take_to_renew(&mut self, now: Instant) -> bool {
        let apart = 2 * WINDOW / u32::try_from(self.per_second).unwrap_or(u32::MAX);
        let is_early = self
            .opened
            .back()
            .is_some_and(|last| now.saturating_duration_since(*last) < apart);
        !is_early && self.take(now).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_one_is_allowed_a_second_after_the_oldest() {
        let begun = Instant::now();
        let mut allowance = Allowance::new(2);
        let at = |millis| begun + Duration::from_millis(millis);
        assert_eq!(allowance.take(at(0)), Ok(()));
        assert_eq!(allowance.take(at(300)), Ok(()));
        assert_eq!(allowance.take(at(999)), Err(at(1000)));
        assert_eq!(allowance.take(at(1000)), Ok(()));
        assert_eq!(allowance.take(at(1000)), Err(at(1300)));
    }

    #[tokio::test(start_paused = true)]
    async fn renewing_is_even_and_leaves_half_for_need() {
        let begun = Instant::now();
        let mut allowance = Allowance::new(200);
        let renewed = (0..1000)
            .filter(|millis| allowance.take_to_renew(begun + Duration::from_millis(*millis)))
            .count();
        assert_eq!(renewed, 100);
        let now = begun + Duration::from_millis(999);
        let needed = (0..1000).filter(|_| allowance.take(now).is_ok()).count();
        assert_eq!(needed, 100);
    }

    proptest! {
        #[test]
        fn no_second_sees_more_than_the_allowance(per_second in 1u32..20, steps in prop::collection::vec((0u64..200, any::<bool>()), 0..200)) {
            let mut allowance = Allowance::new(per_second);
            let mut now = Instant::now();
            let mut opened: Vec<Instant> = Vec::new();
            for (millis, renew) in steps {
                now += Duration::from_millis(millis);
                let taken = if renew { allowance.take_to_renew(now) } else { allowance.take(now).is_ok() };
                if taken {
                    opened.push(now);
                }
            }
            for first in &opened {
                let within = opened.iter().filter(|at| **at >= *first && **at < *first + WINDOW).count();
                prop_assert!(within <= per_second as usize);
            }
        }
    }
}
