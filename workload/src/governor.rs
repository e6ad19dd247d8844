//! Who may burn, when, and for how long at a time.

pub mod budget;
pub mod meter;
pub mod quota;

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Long enough that asking again costs nothing beside the work, short enough that a burner sees
/// its deadline, and an abandoned request its end, at once.
pub const SLICE: Duration = Duration::from_micros(250);

/// What a burner does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Burn(Duration),
    Wait(Duration),
}

/// Shares the CPU among all burners. A burner asks before every slice, so an implementation sees
/// everything that is spent and can hold a budget.
pub trait Governor: Debug + Send + Sync {
    /// The next step of one burner at `now`. A wait may be cut short; the burner then asks again.
    fn next(&self, now: Instant) -> Step;
}

/// No budget: burners get whatever the scheduler gives them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unlimited;

impl Governor for Unlimited {
    fn next(&self, _now: Instant) -> Step {
        Step::Burn(SLICE)
    }
}
