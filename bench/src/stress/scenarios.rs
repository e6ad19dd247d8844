//! One function per scenario: it makes one side's run and says what the server saw.

mod behaviour;
mod connections;
mod speed;

use super::Scenario;

pub use behaviour::starved;

/// All of them, with a few words for whoever waits.
pub const ALL: [(&str, Scenario); 12] = [
    ("100/s", speed::pace),
    ("20,000/s", speed::high_rate),
    ("as fast as one core can", speed::flat_out),
    ("memory over a million requests", speed::growth),
    ("a target that takes 1 s", behaviour::slow_target),
    ("a target that stands still", behaviour::stall),
    ("1,000 requests by 30 workers", behaviour::workers),
    ("SIGTERM as process 1", behaviour::terminated),
    ("exit codes", behaviour::exit_codes),
    ("a target that is down for 2 s", behaviour::outage),
    ("backends that come", connections::spread),
    (
        "5,000/s for long, and the binary",
        connections::long_and_fast,
    ),
];

/// A count of a round, far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}

/// How far a count is from what was asked for.
pub(super) fn off(count: usize, wanted: usize) -> f64 {
    self::count(count.abs_diff(wanted))
}
