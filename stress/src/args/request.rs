//! What to ask, of whom.

use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::values::{Headers, body, headers, method, timeout};
use crate::http::{dial::Version, endpoint::Endpoint, request::Content, tls::Trust};

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// Where to send requests: `http[s]://HOST[:PORT][/PATH]`
    #[arg(long, value_name = "URL")]
    pub url: Endpoint,

    /// Method [default: GET, or POST with --data]
    #[arg(short = 'X', long, value_name = "NAME", value_parser = method)]
    pub method: Option<Method>,

    /// A header, such as 'accept: text/html'; repeatable. @FILE reads one per line, which keeps
    /// secrets out of the list of processes
    #[arg(short = 'H', long, value_name = "HEADER", value_parser = headers)]
    pub header: Vec<Headers>,

    /// The body of each request; @FILE reads it from a file
    #[arg(short, long, value_name = "TEXT", value_parser = body)]
    pub data: Option<Bytes>,

    /// Longest wait for one complete response, connecting included
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = timeout)]
    pub timeout: Duration,

    /// Version of HTTP
    #[arg(long, value_enum, default_value_t, value_name = "VERSION")]
    pub http: Version,

    /// PEM file of the only authorities to trust for https [default: those that browsers trust]
    #[arg(long, value_name = "FILE", value_parser = trust, conflicts_with = "insecure")]
    pub ca_file: Option<Trust>,

    /// Believe any certificate, whoever it comes from
    #[arg(long)]
    pub insecure: bool,
}

impl RequestArgs {
    pub(super) fn content(&self) -> Content {
        let default = match self.data {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        Content {
            method: self.method.clone().unwrap_or(default),
            headers: self
                .header
                .iter()
                .flat_map(|Headers(lines)| lines.clone())
                .collect(),
            body: self.data.clone().unwrap_or_default(),
        }
    }

    pub(super) fn trust(&self) -> Trust {
        if self.insecure {
            Trust::Anyone
        } else {
            self.ca_file.clone().unwrap_or_default()
        }
    }
}

fn trust(path: &str) -> Result<Trust, String> {
    Trust::only(path.as_ref()).map_err(|error| error.to_string())
}
