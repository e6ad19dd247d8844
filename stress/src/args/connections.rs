//! Which connections requests go out on.

use std::time::Duration;

use super::values::timeout;
use crate::{
    http::pool::{Life, Reuse},
    profile::Rate,
};

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Connections")]
pub struct ConnectionArgs {
    /// New connections in any second. Up to this rate each request has its own connection, beyond
    /// it connections are reused
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub conn_rate: u32,

    /// Reuse connections whenever one is idle. Each stays on one pod, so new pods get load only as
    /// connections end
    #[arg(long)]
    pub keep_alive: bool,

    /// Requests on one connection before it is closed, or up to a fifth fewer
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub conn_requests: u32,

    /// Age at which a connection is closed, or up to a fifth earlier
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = timeout)]
    pub conn_age: Duration,

    /// Requests that share a reused connection of HTTP/2 at the same time
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub conn_streams: u32,
}

impl ConnectionArgs {
    pub(super) fn life(&self) -> Life {
        Life {
            requests: self.conn_requests,
            age: self.conn_age,
        }
    }

    /// `peak` is that of an open loop; a closed loop has no rate of its own.
    pub(super) fn reuse(&self, peak: Option<Rate>) -> Reuse {
        let allowed = f64::from(self.conn_rate);
        if self.keep_alive {
            Reuse::Always
        } else if peak.is_some_and(|peak| peak.per_second() <= allowed) {
            Reuse::Never
        } else {
            Reuse::BeyondAllowance
        }
    }
}
