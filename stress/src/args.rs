//! The command line, checked in full before anything happens.

mod connections;
mod load;
mod output;
mod request;
mod values;

use std::time::Duration;

use clap::Parser;

use crate::{
    http::{Setup, pool::Limits},
    load::Load,
    verdict::{Share, Thresholds},
};
pub use connections::ConnectionArgs;
pub use load::LoadArgs;
pub use output::{OutputArgs, View};
pub use request::RequestArgs;
use values::{latency, wait};

/// Most idle connections kept for reuse.
const MOST_IDLE: u64 = 1024;

const AFTER_HELP: &str = "\
Examples:
  stress --url http://localhost:8080/ --rate 100 --duration 30s
  stress --url http://localhost:8080/ --profile '10rps for 30s, ramp to 200 over 60s'
  stress --url http://localhost:8080/load -n 1000 -c 20
  stress --url https://api.example.com/ --http 2 --keep-alive --max-fail 0% --max-p99 50ms
  stress --url http://workload.default.svc.cluster.local:8080/ --duration 10m --json -

Exit codes:
  0  the target answered within --max-fail and --max-p99
  1  more requests failed, were dropped or stayed unfinished, or p99 was longer
  2  bad arguments, or an output that cannot be opened; nothing was sent
  3  the target accepted no connection within --wait-ready; nothing was sent
  4  the results could not be written
  130, 143  stopped by SIGINT or SIGTERM, with a full summary of what was sent";

/// Sends HTTP requests at a given rate and accounts for every one of them.
///
/// The load is open loop: each request leaves when it is due, whatever became of the requests
/// before it, so a slow target gets the load that was ordered and its slowness shows in the
/// latencies. With --concurrency it is a closed loop of workers that wait for their answers.
/// Prints one line per second and a summary on stdout.
#[derive(Clone, Debug, Parser)]
#[command(name = "stress", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Args {
    #[command(flatten)]
    pub request: RequestArgs,

    #[command(flatten)]
    pub load: LoadArgs,

    #[command(flatten)]
    pub connections: ConnectionArgs,

    #[command(flatten)]
    pub verdict: VerdictArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// How long to wait, and what to be content with.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Start, stop and verdict")]
pub struct VerdictArgs {
    /// Longest wait for the target to accept a connection before the first request
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = wait)]
    pub wait_ready: Duration,

    /// Longest wait for outstanding responses after SIGINT or SIGTERM
    #[arg(long, default_value = "5s", value_name = "TIME", value_parser = wait)]
    pub grace: Duration,

    /// Largest share of requests that may not succeed, such as 1% or 0.05%
    #[arg(long, default_value = "1%", value_name = "SHARE")]
    pub max_fail: Share,

    /// Largest 99th percentile of the latency, from due time, such as 50ms
    #[arg(long, value_name = "TIME", value_parser = latency)]
    pub max_p99: Option<Duration>,
}

impl Args {
    pub fn load(&self) -> Load {
        self.load.load(self.request.timeout)
    }

    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            max_fail: self.verdict.max_fail,
            max_p99: self.verdict.max_p99,
        }
    }

    /// What the target is made of, for a load whose cap may be lower than was asked for.
    pub fn setup(&self, load: &Load) -> Setup {
        let RequestArgs {
            url, http, timeout, ..
        } = &self.request;
        let most_idle = load.max_in_flight().min(MOST_IDLE);
        Setup {
            endpoint: url.clone(),
            content: self.request.content(),
            version: *http,
            trust: self.request.trust(),
            limits: Limits {
                reuse: self.connections.reuse(load.peak_rate()),
                life: self.connections.life(),
                per_second: self.connections.conn_rate,
                streams: self.connections.conn_streams,
                most_idle: usize::try_from(most_idle).unwrap_or(usize::MAX),
            },
            timeout: *timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pool::Reuse;
    use clap::CommandFactory;

    fn args(more: &[&str]) -> Args {
        let base = ["stress", "--url", "http://target/"];
        Args::try_parse_from(base.iter().chain(more)).expect("valid arguments")
    }

    fn error(more: &[&str]) -> String {
        let base = ["stress", "--url", "http://target/"];
        let error = Args::try_parse_from(base.iter().chain(more)).expect_err("bad arguments");
        error.to_string()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_load_is_what_was_asked_for() {
        for (more, load) in [
            (&[][..], "100/s for 10m"),
            (&["--rate", "0.5", "--duration", "1m"], "0.5/s for 1m"),
            (&["--profile", "ramp to 5 over 1s"], "ramp to 5/s over 1s"),
            (&["-n", "1000", "-c", "20"], "1000 requests by 20 workers"),
            (&["-c", "20"], "20 workers for 10m"),
            (
                &["-c", "1", "-n", "5", "--duration", "9s"],
                "5 requests by 1 worker within 9s",
            ),
        ] {
            assert_eq!(args(more).load().to_string(), load, "{more:?}");
        }
    }

    #[test]
    fn loads_that_contradict_each_other_are_refused() {
        for more in [
            &["--rate", "5", "-c", "2"][..],
            &["--rate", "5", "--profile", "5 for 5s"],
            &["--duration", "5s", "--profile", "5 for 5s"],
            &["--profile", "5 for 5s", "-c", "2"],
            &["-c", "2", "--max-in-flight", "5"],
        ] {
            let error = error(more);
            assert!(error.contains("cannot be used with"), "{more:?}: {error}");
        }
        assert!(error(&["-n", "5"]).contains("--concurrency <N>"));
    }

    #[test]
    fn the_default_cap_lets_a_target_use_its_whole_timeout() {
        for (rate, timeout, cap) in [
            ("100", "10s", 1200),
            ("100", "1ms", 64),
            ("0.5", "10m", 360),
            ("20000", "10s", 240_000),
        ] {
            let args = args(&["--rate", rate, "--timeout", timeout]);
            assert_eq!(args.load().max_in_flight(), cap);
        }
        assert_eq!(args(&["--max-in-flight", "7"]).load().max_in_flight(), 7);
    }

    #[test]
    fn each_request_has_its_own_connection_while_that_stays_within_the_allowance() {
        for (more, reuse) in [
            (&[][..], Reuse::Never),
            (&["--rate", "200"], Reuse::Never),
            (&["--rate", "201"], Reuse::BeyondAllowance),
            (
                &["--profile", "1 for 1s, ramp to 300 over 1s"],
                Reuse::BeyondAllowance,
            ),
            (&["--rate", "300", "--conn-rate", "300"], Reuse::Never),
            (&["-c", "2"], Reuse::BeyondAllowance),
            (&["--keep-alive"], Reuse::Always),
        ] {
            let args = args(more);
            assert_eq!(args.setup(&args.load()).limits.reuse, reuse, "{more:?}");
        }
    }

    #[test]
    fn data_makes_a_post_unless_said_otherwise() {
        let method = |more: &[&str]| args(more).request.content().method.to_string();
        assert_eq!(method(&[]), "GET");
        assert_eq!(method(&["--data", "x"]), "POST");
        assert_eq!(method(&["--data", "x", "--method", "put"]), "PUT");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "the whole text is the expectation")]
    fn help_says_everything_a_user_needs() {
        insta::assert_snapshot!(Args::command().term_width(100).render_long_help(), @r#"
Sends HTTP requests at a given rate and accounts for every one of them.

The load is open loop: each request leaves when it is due, whatever became of the requests before
it, so a slow target gets the load that was ordered and its slowness shows in the latencies. With
--concurrency it is a closed loop of workers that wait for their answers. Prints one line per second
and a summary on stdout.

Usage: stress [OPTIONS] --url <URL>

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Request:
      --url <URL>
          Where to send requests: `http[s]://HOST[:PORT][/PATH]`

  -X, --method <NAME>
          Method [default: GET, or POST with --data]

  -H, --header <HEADER>
          A header, such as 'accept: text/html'; repeatable. @FILE reads one per line, which keeps
          secrets out of the list of processes

  -d, --data <TEXT>
          The body of each request; @FILE reads it from a file

      --timeout <TIME>
          Longest wait for one complete response, connecting included
          
          [default: 10s]

      --http <VERSION>
          Version of HTTP

          Possible values:
          - auto: What the server prefers over TLS, HTTP/1.1 without
          - 1.1
          - 2:    By ALPN over TLS, by prior knowledge without
          
          [default: auto]

      --ca-file <FILE>
          PEM file of the only authorities to trust for https [default: those that browsers trust]

      --insecure
          Believe any certificate, whoever it comes from

Load:
      --rate <RATE>
          Requests per second, such as 100 or 0.5
          
          [default: 100]

      --duration <TIME>
          How long to send, such as 30s or 10m [default: 10m, or until --requests are sent]

      --profile <PHASES>
          Rates over time, such as '10rps for 30s, ramp to 200 over 60s'. A ramp begins where the
          phase before it ended, or `from RATE`

  -c, --concurrency <N>
          Workers of a closed loop: each sends its next request when it has its answer

  -n, --requests <N>
          Requests of all workers together

      --max-in-flight <N>
          Most requests waiting for a response at once; beyond it due requests are dropped and
          counted [default: rate x timeout x 1.2, at least 64]

Connections:
      --conn-rate <N>
          New connections in any second. Up to this rate each request has its own connection, beyond
          it connections are reused
          
          [default: 200]

      --keep-alive
          Reuse connections whenever one is idle. Each stays on one pod, so new pods get load only
          as connections end

      --conn-requests <N>
          Requests on one connection before it is closed, or up to a fifth fewer
          
          [default: 100]

      --conn-age <TIME>
          Age at which a connection is closed, or up to a fifth earlier
          
          [default: 10s]

      --conn-streams <N>
          Requests that share a reused connection of HTTP/2 at the same time
          
          [default: 100]

Start, stop and verdict:
      --wait-ready <TIME>
          Longest wait for the target to accept a connection before the first request
          
          [default: 60s]

      --grace <TIME>
          Longest wait for outstanding responses after SIGINT or SIGTERM
          
          [default: 5s]

      --max-fail <SHARE>
          Largest share of requests that may not succeed, such as 1% or 0.05%
          
          [default: 1%]

      --max-p99 <TIME>
          Largest 99th percentile of the latency, from due time, such as 50ms

Output:
      --progress <VIEW>
          What stdout shows while the load runs

          Possible values:
          - auto:  A panel on a terminal, lines otherwise
          - lines: One line per second
          - panel: A few lines, redrawn every second
          
          [default: auto]

      --json <FILE>
          Write the report as one JSON object to FILE, or as the last line of stdout with `-`

      --csv <FILE>
          Write one row per second to FILE

      --metrics-address <IP:PORT>
          Serve Prometheus metrics at /metrics of this address, such as 0.0.0.0:9090

Examples:
  stress --url http://localhost:8080/ --rate 100 --duration 30s
  stress --url http://localhost:8080/ --profile '10rps for 30s, ramp to 200 over 60s'
  stress --url http://localhost:8080/load -n 1000 -c 20
  stress --url https://api.example.com/ --http 2 --keep-alive --max-fail 0% --max-p99 50ms
  stress --url http://workload.default.svc.cluster.local:8080/ --duration 10m --json -

Exit codes:
  0  the target answered within --max-fail and --max-p99
  1  more requests failed, were dropped or stayed unfinished, or p99 was longer
  2  bad arguments, or an output that cannot be opened; nothing was sent
  3  the target accepted no connection within --wait-ready; nothing was sent
  4  the results could not be written
  130, 143  stopped by SIGINT or SIGTERM, with a full summary of what was sent
"#);
    }
}
