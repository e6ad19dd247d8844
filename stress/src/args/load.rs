//! How many requests, and when.

use std::time::Duration;

use crate::{
    load::{Load, Workers},
    profile::{Profile, Rate},
};

use super::values::duration;

const DEFAULT_DURATION: Duration = Duration::from_mins(10);
/// Floor of the default cap, for low rates against slow targets.
const LEAST_IN_FLIGHT: u64 = 64;
const MOST_IN_FLIGHT: u64 = 1_000_000;
/// Beyond this a closed loop measures its own scheduling.
const MOST_WORKERS: i64 = 10_000;

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Requests per second, such as 100 or 0.5
    #[arg(
        long,
        default_value = "100",
        value_name = "RATE",
        allow_negative_numbers = true
    )]
    pub rate: Rate,

    /// How long to send, such as 30s or 10m [default: 10m, or until --requests are sent]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,

    /// Rates over time, such as '10rps for 30s, ramp to 200 over 60s'. A ramp begins where the
    /// phase before it ended, or `from RATE`
    #[arg(long, value_name = "PHASES", conflicts_with_all = ["rate", "duration", "concurrency"])]
    pub profile: Option<Profile>,

    /// Workers of a closed loop: each sends its next request when it has its answer
    #[arg(short, long, value_name = "N", conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=MOST_WORKERS))]
    pub concurrency: Option<u32>,

    /// Requests of all workers together
    #[arg(short = 'n', long, value_name = "N", requires = "concurrency", value_parser = clap::value_parser!(u64).range(1..))]
    pub requests: Option<u64>,

    /// Most requests waiting for a response at once; beyond it due requests are dropped and
    /// counted [default: rate x timeout x 1.2, at least 64]
    #[arg(long, value_name = "N", conflicts_with = "concurrency", value_parser = clap::value_parser!(u64).range(1..=MOST_IN_FLIGHT))]
    pub max_in_flight: Option<u64>,
}

impl LoadArgs {
    pub(super) fn load(&self, timeout: Duration) -> Load {
        if let Some(count) = self.concurrency {
            let unless_sent = || self.requests.is_none().then_some(DEFAULT_DURATION);
            return Load::Closed(Workers {
                count,
                requests: self.requests,
                duration: self.duration.or_else(unless_sent),
            });
        }
        let duration = self.duration.unwrap_or(DEFAULT_DURATION);
        let constant = || Profile::constant(self.rate, duration);
        let profile = self.profile.clone().unwrap_or_else(constant);
        let max_in_flight = self
            .max_in_flight
            .unwrap_or_else(|| in_flight(profile.peak_rate(), timeout));
        Load::Open {
            profile,
            max_in_flight,
        }
    }
}

/// A cap that a target which answers within the timeout never reaches.
fn in_flight(rate: Rate, timeout: Duration) -> u64 {
    let rate = u128::from(rate.micro_per_second());
    let waiting = (rate * timeout.as_millis() * 12).div_ceil(10 * 1000 * 1_000_000);
    u64::try_from(waiting)
        .unwrap_or(u64::MAX)
        .max(LEAST_IN_FLIGHT)
}
