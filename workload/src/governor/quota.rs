//! Follows the container's CPU limit while the process runs: Kubernetes can resize a pod in place
//! (KEP-1287), and nobody tells the process.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::info;

use super::budget::Budget;
use crate::cgroup::CpuQuota;

/// A resize is seldom and nobody waits for it; reading two small files costs nothing.
const EVERY: Duration = Duration::from_secs(2);

/// Keeps `budget` at the limit of this process, for ever.
pub async fn follow(budget: Arc<Budget>, mut known: Option<CpuQuota>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let current = CpuQuota::of_this_process();
        if current != known {
            info!(limit = %CpuQuota::describe(current), was = %CpuQuota::describe(known), "the CPU limit changed");
            budget.set(current);
            known = current;
        }
    }
}
