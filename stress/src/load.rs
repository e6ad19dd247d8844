//! Which load is wanted: one that arrives by the clock, or one of workers that wait for answers.
//!
//! Pure: no clock, no sockets.

use std::{fmt, time::Duration};

use crate::profile::{Profile, Rate};

/// The two kinds of load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// Requests leave when they are due; at most so many wait for answers at once.
    Open {
        profile: Profile,
        max_in_flight: u64,
    },
    Closed(Workers),
}

/// Each worker sends its next request when the answer to the one before has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers {
    pub count: u32,
    /// Requests of all workers together.
    pub requests: Option<u64>,
    /// No request begins later than this after the start.
    pub duration: Option<Duration>,
}

impl Load {
    /// Requests that may wait for an answer at once.
    pub fn max_in_flight(&self) -> u64 {
        match self {
            Self::Open { max_in_flight, .. } => *max_in_flight,
            Self::Closed(workers) => workers.count.into(),
        }
    }

    /// Workers of a closed loop.
    pub fn workers(&self) -> Option<u32> {
        match self {
            Self::Open { .. } => None,
            Self::Closed(workers) => Some(workers.count),
        }
    }

    /// The highest rate that is asked for; a closed loop asks for none.
    pub fn peak_rate(&self) -> Option<Rate> {
        match self {
            Self::Open { profile, .. } => Some(profile.peak_rate()),
            Self::Closed(_) => None,
        }
    }

    /// When arrivals end, where the clock ends them.
    pub fn duration(&self) -> Option<Duration> {
        match self {
            Self::Open { profile, .. } => Some(profile.duration()),
            Self::Closed(workers) => workers.duration,
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { profile, .. } => write!(f, "{profile}"),
            Self::Closed(workers) => write!(f, "{workers}"),
        }
    }
}

impl fmt::Display for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            count,
            requests,
            duration,
        } = self;
        if let Some(requests) = requests {
            write!(f, "{requests} requests by ")?;
        }
        let plural = if *count == 1 { "" } else { "s" };
        write!(f, "{count} worker{plural}")?;
        if let Some(duration) = duration {
            let within = if requests.is_some() { "within" } else { "for" };
            write!(f, " {within} {}", humantime::format_duration(*duration))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_described_by_what_ends_them() {
        let workers = |count, requests, seconds: Option<u64>| Workers {
            count,
            requests,
            duration: seconds.map(Duration::from_secs),
        };
        for (workers, text) in [
            (workers(20, Some(1000), None), "1000 requests by 20 workers"),
            (workers(1, None, Some(30)), "1 worker for 30s"),
            (
                workers(5, Some(10), Some(60)),
                "10 requests by 5 workers within 1m",
            ),
        ] {
            assert_eq!(workers.to_string(), text);
        }
    }
}
