//! How long a connection may be kept.
//!
//! A Service spreads connections, not requests: a client that keeps its connections never meets the
//! pods that came later. Servers that scale therefore let each connection end after a while
//! (gRPC calls it `MAX_CONNECTION_AGE`), spread out so that they do not end together.

use std::time::{Duration, Instant};

use crate::dice::Dice;

/// Ages differ by up to this share, either way.
const SPREAD: f64 = 0.1;

/// When a connection has lived long enough.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    worn_at: Option<Instant>,
}

impl Connection {
    /// One that begins at `now`. An age of 0 never ends.
    pub fn new(now: Instant, max_age: Duration, dice: &Dice) -> Self {
        let factor = 1.0 - SPREAD + 2.0 * SPREAD * dice.roll();
        Self {
            worn_at: (!max_age.is_zero()).then(|| now + max_age.mul_f64(factor)),
        }
    }

    /// Whether the next answer should be the last.
    pub fn is_worn(&self, now: Instant) -> bool {
        self.worn_at.is_some_and(|worn_at| now >= worn_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(30);

    #[test]
    fn connections_wear_out_within_a_tenth_of_their_age_and_not_together() {
        let (dice, start) = (Dice::default(), Instant::now());
        let ages = (0..100).map(|_| Connection::new(start, AGE, &dice).worn_at);
        let ages: Vec<_> = ages.map(|at| (at.unwrap() - start).as_secs_f64()).collect();
        assert!(
            ages.iter().all(|age| (27.0..=33.0).contains(age)),
            "{ages:?}"
        );
        assert!(ages.iter().any(|age| *age < 29.0) && ages.iter().any(|age| *age > 31.0));
    }

    #[test]
    fn an_age_of_nothing_never_ends() {
        let start = Instant::now();
        let connection = Connection::new(start, Duration::ZERO, &Dice::default());
        assert!(!connection.is_worn(start + AGE));
        let connection = Connection::new(start, AGE, &Dice::default());
        assert!(!connection.is_worn(start) && connection.is_worn(start + AGE * 2));
    }
}
