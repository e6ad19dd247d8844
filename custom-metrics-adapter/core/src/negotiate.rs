//! In which form a client wants its answer: `Accept`, `pretty` and the `User-Agent` of people's tools.
//!
//! The rules are those of `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`, and before it those of the
//! router that every Kubernetes API server uses, which refuses in words of its own.

mod accept;
mod form;

pub use form::{DiscoveryVersion, Format, MetaVersion, Representation, Rows, Shape};

use accept::Clause;
use form::FORMATS;

/// What is asked, as far as it decides which forms there are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Endpoint {
    /// `/version`, which is JSON alone.
    Version,
    /// `/apis`, plain or aggregated.
    Groups,
    /// A group or a version.
    Discovery,
    /// Custom metrics.
    Values,
    /// External metrics.
    ExternalValues,
    /// `metrics.k8s.io`, one or many; it alone has tables and bare metadata.
    Usage { list: bool },
}

/// What a request says about the form of its answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    /// The first `Accept` header; empty if there is none. Others count for nothing, as upstream.
    pub accept: &'a str,
    /// The raw query without `?`.
    pub query: &'a str,
    pub user_agent: &'a str,
}

/// Why there is no form that suits the client.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// No media type of the client is ours.
    #[error("406: Not Acceptable\n\nAvailable representations: {0}")]
    MediaType(&'static str),
    /// The media type would do, what it asks for besides (`as=Table`) would not.
    #[error("only the following media types are accepted: {TYPES}")]
    Transform,
    #[error(
        "Unable to convert to Table as requested: includeObject: Unsupported value: {0:?}: supported values: \"\", \"Metadata\", \"None\", \"Object\""
    )]
    IncludeObject(String),
}

const TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAM_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf, \
     application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

impl Endpoint {
    fn formats(self) -> &'static [Format] {
        match self {
            Self::Version => &FORMATS[..1],
            _ => &FORMATS,
        }
    }

    /// What the router offers, in its words.
    fn offered(self) -> &'static str {
        match self {
            Self::Version => "application/json",
            Self::Groups | Self::Discovery => TYPES,
            Self::Values | Self::ExternalValues | Self::Usage { .. } => STREAM_TYPES,
        }
    }

    /// Whether objects may be asked for in another version of the server's own types (`sv`).
    fn allows_server_version(self, version: &str) -> bool {
        (self == Self::ExternalValues || self.is_usage()) && version == "v1"
    }

    fn is_usage(self) -> bool {
        matches!(self, Self::Usage { .. })
    }

    fn shape(self, clause: &Clause<'_>, format: Format) -> Option<Shape> {
        let Some(target) = clause.target() else {
            return Some(Shape::Plain);
        };
        let shape = target.shape()?;
        match shape {
            Shape::Table { .. } => self.is_usage() && format != Format::Protobuf,
            Shape::Metadata { list, .. } => self == Self::Usage { list },
            Shape::Aggregated(_) => self == Self::Groups,
            Shape::Plain => true,
        }
        .then_some(shape)
    }
}

impl Wishes<'_> {
    /// The form of an answer of `endpoint`.
    ///
    /// # Errors
    /// When no form that the client accepts is there.
    pub fn form(&self, endpoint: Endpoint) -> Result<Representation, Refused> {
        self.pass_router(endpoint)?;
        let found = self.choose(endpoint).ok_or(Refused::Transform)?;
        let Shape::Table { version, .. } = found.shape else {
            return Ok(found);
        };
        let rows = match self.parameter("includeObject") {
            None | Some("" | "Metadata") => Rows::Metadata,
            Some("None") => Rows::None,
            Some("Object") => Rows::Object,
            Some(other) => return Err(Refused::IncludeObject(other.to_owned())),
        };
        let shape = Shape::Table { version, rows };
        Ok(Representation { shape, ..found })
    }

    /// The format of an error; nothing if none suits the client, who then gets indented JSON all the same.
    pub fn error_format(&self) -> Option<Format> {
        self.choose(Endpoint::Discovery).map(|found| found.format)
    }

    /// The router compares whole media types and knows `*/*`, but not `application/*`.
    fn pass_router(&self, endpoint: Endpoint) -> Result<(), Refused> {
        let known = |clause: &str| {
            let media = clause.split(';').next().unwrap_or_default();
            let media = media.trim_matches(' ');
            let mut formats = endpoint.formats().iter();
            media == "*/*" || formats.any(|format| format.media_type() == media)
        };
        if self.accept.is_empty() || self.accept.split(',').any(known) {
            Ok(())
        } else {
            Err(Refused::MediaType(endpoint.offered()))
        }
    }

    fn choose(&self, endpoint: Endpoint) -> Option<Representation> {
        let plain = |format| Representation {
            format: self.pretty(format, false),
            shape: Shape::Plain,
        };
        if self.accept.is_empty() {
            return Some(plain(FORMATS[0]));
        }
        let clauses = accept::parse(self.accept);
        let offer = |clause: &Clause<'_>, format: Format| {
            let shape = endpoint.shape(clause, format)?;
            clause
                .is_understood(format, |version| endpoint.allows_server_version(version))
                .then(|| Representation {
                    format: self.pretty(format, clause.is_pretty()),
                    shape,
                })
        };
        let offers = || {
            clauses.iter().flat_map(|clause| {
                FORMATS
                    .into_iter()
                    .filter(|format| clause.matches(format.media_type()))
                    .filter_map(|format| offer(clause, format))
            })
        };
        // Whoever can read the aggregated form gets it, wherever it stands in the list.
        offers()
            .find(|offer| matches!(offer.shape, Shape::Aggregated(_)))
            .or_else(|| offers().next())
    }

    fn pretty(&self, format: Format, by_media_type: bool) -> Format {
        match format {
            Format::Json { .. } => Format::Json {
                pretty: by_media_type || self.wants_pretty(),
            },
            other => other,
        }
    }

    /// `pretty` decides; where it is absent or empty, tools that people look at get it.
    fn wants_pretty(&self) -> bool {
        match self.parameter("pretty") {
            None | Some("") => ["curl", "Wget", "Mozilla/5.0"]
                .iter()
                .any(|tool| self.user_agent.starts_with(tool)),
            Some(value) => matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"),
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

#[cfg(test)]
mod tests;
