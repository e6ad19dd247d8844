//! Listeners, and how they end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::ArgAction;

use super::values::{boolean, duration};

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct ServingArgs {
    /// Port of the API, HTTPS
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    pub secure_port: u16,

    /// Address of the API
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    pub bind_address: IpAddr,

    /// Address of /livez, /readyz and /metrics, plain HTTP
    #[arg(
        long,
        value_name = "IP:PORT",
        default_value = "0.0.0.0:8080",
        env = "CM_ADAPTER_ADMIN_ADDRESS",
        hide_env_values = true
    )]
    pub admin_address: SocketAddr,

    /// Most API connections at one time; more wait to be accepted
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 1024,
        env = "CM_ADAPTER_MAX_CONNECTIONS",
        hide_env_values = true
    )]
    pub max_connections: usize,

    /// Offer HTTP/1.1 only
    #[arg(long = "disable-http2", value_name = "BOOL", action = ArgAction::Set, value_parser = boolean, num_args = 0..=1,
        require_equals = true, default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub disable_http2: bool,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Shutdown")]
pub struct LifeArgs {
    /// Time between "not ready" and the end of accepting, so that endpoints follow
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration,
        env = "CM_ADAPTER_SHUTDOWN_GRACE", hide_env_values = true)]
    pub shutdown_grace: Duration,

    /// Longest wait for requests in flight
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration,
        env = "CM_ADAPTER_DRAIN_TIMEOUT", hide_env_values = true)]
    pub drain_timeout: Duration,
}
