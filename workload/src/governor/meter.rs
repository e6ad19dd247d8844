//! Measures what the process really uses. Slices alone do not say it: waking the burners, a hundred
//! times a second each, costs CPU time as well, and so do answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{MissedTickBehavior, interval};

use super::budget::Budget;

/// The kernel's own accounting period: a quota is exceeded, or not, within it.
const EVERY: Duration = Duration::from_millis(100);

/// Settles `budget` with the clock of the process, for ever.
pub async fn follow(budget: Arc<Budget>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut since, mut used) = (Instant::now(), process_time());
    loop {
        ticks.tick().await;
        let (now, total) = (Instant::now(), process_time());
        budget.settle(
            total.saturating_sub(used),
            now.saturating_duration_since(since),
        );
        (since, used) = (now, total);
    }
}

/// CPU time of all threads of this process.
fn process_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
