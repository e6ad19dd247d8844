//! The command line and the environment, turned into a [`Config`] that cannot be wrong.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use anyhow::{Context as _, anyhow};
use clap::Parser;

const EXAMPLES: &str = "\
Examples:
  workload                                    serve on every interface, port 8080
  workload --listen 127.0.0.1:0 --drain 0s    a free port, stop without waiting
  curl -s 'localhost:8080/load?ms=250'        burn a quarter of a second of CPU

The answers name the pod by POD_NAME, or else by HOSTNAME.
RUST_LOG chooses what is logged (default `info`).";

/// Application that counts its requests and burns CPU on demand.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, term_width = 100)]
pub struct Args {
    /// Address and port to serve HTTP/1.1 on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "WORKLOAD_LISTEN",
        default_value = "0.0.0.0:8080",
        hide_env_values = true
    )]
    listen: SocketAddr,

    /// How long to keep serving after SIGTERM, while /ready already says no
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = humantime::parse_duration)]
    drain: Duration,

    /// How long a client may keep a connection, ±10 %, so that pods that come later get their
    /// share; 0s for ever
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
    conn_max_age: Duration,

    /// Obey ?fail=, ?delay= and ?mb= of requests, to show faults
    #[arg(long)]
    inject: bool,
}

/// What the process runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    pub drain: Duration,
    /// Of a connection; 0 for ever.
    pub max_age: Duration,
    pub inject: bool,
    pub pod: Pod,
}

/// The pod's name, known to fit into a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    name: String,
    header: HeaderValue,
}

impl Args {
    /// The flags, completed from the environment.
    pub fn to_config(&self) -> anyhow::Result<Config> {
        self.complete(|key| std::env::var(key).ok())
    }

    /// `variable` looks a variable of the environment up by name.
    fn complete(&self, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        let Self {
            listen,
            drain,
            conn_max_age,
            inject,
        } = self;
        let named = |key: &'static str| variable(key).filter(|v| !v.is_empty()).map(|v| (key, v));
        let (key, name) = named("POD_NAME")
            .or_else(|| named("HOSTNAME"))
            .unwrap_or_else(|| ("POD_NAME", "unknown".to_owned()));
        Ok(Config {
            listen: *listen,
            drain: *drain,
            max_age: *conn_max_age,
            inject: *inject,
            pod: Pod::new(name).with_context(|| format!("environment variable {key}"))?,
        })
    }
}

impl Pod {
    /// Refuses a name that no HTTP header can carry.
    pub fn new(name: String) -> anyhow::Result<Self> {
        let header = HeaderValue::from_str(&name)
            .map_err(|_| anyhow!("{name:?} is no pod name: it must fit into a header"))?;
        Ok(Self { name, header })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name as the value of `x-pod`.
    pub fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn config(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        Args::parse_from(["workload"]).complete(|key| {
            let found = variables.iter().find(|(name, _)| *name == key)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_pod_is_named_by_pod_name_then_hostname() {
        let both = config(&[("POD_NAME", "p-1"), ("HOSTNAME", "h-1")]).unwrap();
        let empty = config(&[("POD_NAME", ""), ("HOSTNAME", "h-1")]).unwrap();
        let none = config(&[]).unwrap();
        assert_eq!(both.pod.name(), "p-1");
        assert_eq!(empty.pod.name(), "h-1");
        assert_eq!(none.pod.name(), "unknown");
    }

    #[test]
    fn a_name_that_fits_no_header_is_refused_with_its_variable() {
        let error = config(&[("HOSTNAME", "two\nlines")]).unwrap_err();
        insta::assert_snapshot!(format!("{error:#}"), @r#"environment variable HOSTNAME: "two\nlines" is no pod name: it must fit into a header"#);
    }

    #[test]
    fn help_shows_flags_defaults_and_examples() {
        insta::assert_snapshot!(Args::command().render_long_help(), @r"
        Application that counts its requests and burns CPU on demand

        Usage: workload [OPTIONS]

        Options:
              --listen <ADDRESS>
                  Address and port to serve HTTP/1.1 on; port 0 takes a free one
                  
                  [env: WORKLOAD_LISTEN]
                  [default: 0.0.0.0:8080]

              --drain <DURATION>
                  How long to keep serving after SIGTERM, while /ready already says no
                  
                  [default: 5s]

              --conn-max-age <DURATION>
                  How long a client may keep a connection, ±10 %, so that pods that come later get their
                  share; 0s for ever
                  
                  [default: 30s]

              --inject
                  Obey ?fail=, ?delay= and ?mb= of requests, to show faults

          -h, --help
                  Print help

          -V, --version
                  Print version

        Examples:
          workload                                    serve on every interface, port 8080
          workload --listen 127.0.0.1:0 --drain 0s    a free port, stop without waiting
          curl -s 'localhost:8080/load?ms=250'        burn a quarter of a second of CPU

        The answers name the pod by POD_NAME, or else by HOSTNAME.
        RUST_LOG chooses what is logged (default `info`).
        ");
    }
}
