//! The command line, checked in full before anything happens.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::{
    http::{Reuse, endpoint::Endpoint, pool::Life},
    profile::{Profile, Rate},
    verdict::Share,
};

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
/// Floor of the default cap, for low rates against slow targets.
const LEAST_IN_FLIGHT: u64 = 64;

const AFTER_HELP: &str = "\
Examples:
  stress --url http://localhost:8080/ --rate 100 --duration 30s
  stress --url http://workload.default.svc.cluster.local:8080/ --duration 10m --json -
  stress --url http://10.0.0.7/load --rate 0.5 --duration 5m --timeout 30s --max-fail 0%

Exit codes:
  0  the target answered, at most --max-fail of the requests did not succeed
  1  more than --max-fail failed, were dropped or stayed unfinished
  2  bad arguments; nothing was sent
  3  the target accepted no connection within --wait-ready; nothing was sent
  4  the results could not be written
  130, 143  stopped by SIGINT or SIGTERM, with a full summary of what was sent";

/// Sends HTTP requests at a constant rate and accounts for every one of them.
///
/// The load is open loop: request number i leaves at start + i / rate, whatever became of the
/// requests before it, so a slow target gets the load that was ordered and its slowness shows in
/// the latencies. Prints one line per second and a summary on stdout.
#[derive(Clone, Debug, Parser)]
#[command(name = "stress", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Args {
    /// Where to send GET requests: `http://HOST[:PORT][/PATH]`
    #[arg(long, value_name = "URL")]
    pub url: Endpoint,

    /// Requests per second, such as 100 or 0.5
    #[arg(
        long,
        default_value = "100",
        value_name = "RATE",
        allow_negative_numbers = true
    )]
    pub rate: Rate,

    /// How long to send, such as 30s or 10m
    #[arg(long, default_value = "10m", value_name = "TIME", value_parser = duration)]
    pub duration: Duration,

    /// Longest wait for one complete response, connecting included
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = timeout)]
    pub timeout: Duration,

    /// Longest wait for the target to accept a connection before the first request
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = wait)]
    pub wait_ready: Duration,

    /// Longest wait for outstanding responses after SIGINT or SIGTERM
    #[arg(long, default_value = "5s", value_name = "TIME", value_parser = wait)]
    pub grace: Duration,

    /// Largest share of requests that may not succeed, such as 1% or 0.05%
    #[arg(long, default_value = "1%", value_name = "SHARE")]
    pub max_fail: Share,

    /// Most requests waiting for a response at once; beyond it due requests are dropped and
    /// counted [default: rate x timeout x 1.2, at least 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_in_flight: Option<u64>,

    /// Reuse connections. Each stays on one pod, so new pods get load only as connections end
    #[arg(long)]
    pub keep_alive: bool,

    /// Requests on one connection before it is closed
    #[arg(long, default_value_t = 100, value_name = "N", requires = "keep_alive", value_parser = clap::value_parser!(u32).range(1..))]
    pub conn_requests: u32,

    /// Age at which a connection is closed
    #[arg(long, default_value = "10s", value_name = "TIME", requires = "keep_alive", value_parser = timeout)]
    pub conn_age: Duration,

    /// Write the report as one JSON object to FILE, or as the last line of stdout with `-`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl Args {
    pub fn profile(&self) -> Profile {
        Profile::constant(self.rate, self.duration)
    }

    /// The cap that was asked for, or one that a target which answers within the timeout
    /// never reaches.
    pub fn most_in_flight(&self) -> u64 {
        self.max_in_flight.unwrap_or_else(|| {
            let rate = u128::from(self.rate.micro_per_second());
            let waiting = (rate * self.timeout.as_millis() * 12).div_ceil(10 * 1000 * 1_000_000);
            u64::try_from(waiting)
                .unwrap_or(u64::MAX)
                .max(LEAST_IN_FLIGHT)
        })
    }

    pub fn reuse(&self) -> Reuse {
        if self.keep_alive {
            Reuse::Within(Life {
                requests: self.conn_requests,
                age: self.conn_age,
            })
        } else {
            Reuse::Never
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    between(text, Duration::from_millis(1), 30 * DAY)
}

fn timeout(text: &str) -> Result<Duration, String> {
    between(text, Duration::from_millis(1), 10 * MINUTE)
}

fn wait(text: &str) -> Result<Duration, String> {
    between(text, Duration::ZERO, 60 * MINUTE)
}

fn between(text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let value = humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 500ms, 30s or 10m".to_owned())?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let [least, most] = [least, most].map(humantime::format_duration);
    Err(format!("must be between {least} and {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn args(more: &[&str]) -> Args {
        let base = ["stress", "--url", "http://target/"];
        Args::try_parse_from(base.iter().chain(more)).expect("valid arguments")
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_default_cap_lets_a_target_use_its_whole_timeout() {
        for (rate, timeout, cap) in [
            ("100", "10s", 1200),
            ("100", "1ms", 64),
            ("0.5", "10m", 360),
            ("20000", "10s", 240_000),
        ] {
            assert_eq!(
                args(&["--rate", rate, "--timeout", timeout]).most_in_flight(),
                cap
            );
        }
        assert_eq!(args(&["--max-in-flight", "7"]).most_in_flight(), 7);
    }

    #[test]
    fn help_says_everything_a_user_needs() {
        insta::assert_snapshot!(Args::command().term_width(100).render_long_help(), @r#"
Sends HTTP requests at a constant rate and accounts for every one of them.

The load is open loop: request number i leaves at start + i / rate, whatever became of the requests
before it, so a slow target gets the load that was ordered and its slowness shows in the latencies.
Prints one line per second and a summary on stdout.

Usage: stress [OPTIONS] --url <URL>

Options:
      --url <URL>
          Where to send GET requests: `http://HOST[:PORT][/PATH]`

      --rate <RATE>
          Requests per second, such as 100 or 0.5
          
          [default: 100]

      --duration <TIME>
          How long to send, such as 30s or 10m
          
          [default: 10m]

      --timeout <TIME>
          Longest wait for one complete response, connecting included
          
          [default: 10s]

      --wait-ready <TIME>
          Longest wait for the target to accept a connection before the first request
          
          [default: 60s]

      --grace <TIME>
          Longest wait for outstanding responses after SIGINT or SIGTERM
          
          [default: 5s]

      --max-fail <SHARE>
          Largest share of requests that may not succeed, such as 1% or 0.05%
          
          [default: 1%]

      --max-in-flight <N>
          Most requests waiting for a response at once; beyond it due requests are dropped and
          counted [default: rate x timeout x 1.2, at least 64]

      --keep-alive
          Reuse connections. Each stays on one pod, so new pods get load only as connections end

      --conn-requests <N>
          Requests on one connection before it is closed
          
          [default: 100]

      --conn-age <TIME>
          Age at which a connection is closed
          
          [default: 10s]

      --json <FILE>
          Write the report as one JSON object to FILE, or as the last line of stdout with `-`

  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Examples:
  stress --url http://localhost:8080/ --rate 100 --duration 30s
  stress --url http://workload.default.svc.cluster.local:8080/ --duration 10m --json -
  stress --url http://10.0.0.7/load --rate 0.5 --duration 5m --timeout 30s --max-fail 0%

Exit codes:
  0  the target answered, at most --max-fail of the requests did not succeed
  1  more than --max-fail failed, were dropped or stayed unfinished
  2  bad arguments; nothing was sent
  3  the target accepted no connection within --wait-ready; nothing was sent
  4  the results could not be written
  130, 143  stopped by SIGINT or SIGTERM, with a full summary of what was sent
"#);
    }
}
