//! Chance, good enough for spreading things out and for made-up failures. Not for secrets.

use std::sync::atomic::{AtomicU64, Ordering};

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) over a
/// shared counter, so that it needs no lock.
#[derive(Debug, Default)]
pub struct Dice(AtomicU64);

impl Dice {
    /// Starts somewhere else for every `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number in 0 ≤ x < 1.
    pub fn roll(&self) -> f64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut x = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bits = u32::try_from((x ^ (x >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_stay_in_range_and_spread_evenly() {
        let dice = Dice::new(7);
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            let roll = dice.roll();
            assert!((0.0..1.0).contains(&roll));
            let tenth = (0..10).rfind(|tenth| roll >= f64::from(*tenth) / 10.0);
            tenths[usize::try_from(tenth.unwrap()).unwrap()] += 1;
        }
        assert!(
            tenths.iter().all(|count| (850..1_150).contains(count)),
            "{tenths:?}"
        );
    }
}
