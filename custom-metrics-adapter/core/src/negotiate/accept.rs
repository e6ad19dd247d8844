//! The `Accept` header, read and ordered as `goautoneg` does, oddities included.

use super::{DiscoveryVersion, Format, MetaVersion, Rows, Shape};

/// More than any client sends; ordering costs the square of it.
const MAX_CLAUSES: usize = 64;

/// One media range with its parameters, in the order given.
#[derive(Debug, PartialEq)]
pub(super) struct Clause<'a> {
    kind: &'a str,
    subtype: &'a str,
    quality: f64,
    parameters: Vec<(&'a str, &'a str)>,
}

/// What an object shall be converted to: `as`, `g` and `v`.
#[derive(Debug, PartialEq)]
pub(super) struct Target<'a> {
    kind: &'a str,
    group: &'a str,
    version: &'a str,
}

/// The clauses in order of preference.
pub(super) fn parse(header: &str) -> Vec<Clause<'_>> {
    let clauses = header.split(',').take(MAX_CLAUSES).filter_map(clause);
    let mut clauses: Vec<_> = clauses.collect();
    // `comes_before` is no order (a concrete type beats `*` whatever their qualities), so the way of
    // sorting decides. This is Go's for short lists.
    for end in 1..clauses.len() {
        let mut at = end;
        while at > 0 && clauses[at].comes_before(&clauses[at - 1]) {
            clauses.swap(at, at - 1);
            at -= 1;
        }
    }
    clauses
}

fn clause(text: &str) -> Option<Clause<'_>> {
    let (media, rest) = text.split_once(';').unwrap_or((text, ""));
    let (kind, subtype) = match media.split_once('/') {
        Some((kind, subtype)) if !subtype.is_empty() => (spaceless(kind), spaceless(subtype)),
        _ if spaceless(media.trim_end_matches('/')) == "*" => ("*", "*"),
        _ => return None,
    };
    if subtype.contains('/') {
        return None;
    }
    let mut quality = 1.0;
    let mut parameters = vec![];
    for parameter in rest.split(';') {
        match parameter.split_once('=') {
            Some((_, value)) if value.is_empty() || value.contains('=') => {}
            Some((name, value)) if spaceless(name) == "q" => {
                quality = value.parse().unwrap_or(0.0);
            }
            Some((name, value)) => parameters.push((spaceless(name), spaceless(value))),
            None => {}
        }
    }
    Some(Clause {
        kind,
        subtype,
        quality,
        parameters,
    })
}

fn spaceless(text: &str) -> &str {
    text.trim_matches(' ')
}

impl<'a> Clause<'a> {
    fn comes_before(&self, other: &Self) -> bool {
        self.quality > other.quality
            || (self.kind != "*" && other.kind == "*")
            || (self.subtype != "*" && other.subtype == "*")
    }

    pub(super) fn matches(&self, media_type: &str) -> bool {
        match (self.kind, self.subtype) {
            ("*", "*") => true,
            (kind, subtype) => media_type
                .split_once('/')
                .is_some_and(|(k, s)| k == kind && (s == subtype || subtype == "*")),
        }
    }

    /// The last of its name counts.
    fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut named = self.parameters.iter().rev();
        named.find_map(|(known, value)| (*known == name).then_some(*value))
    }

    /// Whether `stream` and `sv` ask for nothing that is not there.
    pub(super) fn is_understood(
        &self,
        format: Format,
        allows_server_version: impl Fn(&str) -> bool,
    ) -> bool {
        let stream = self.parameter("stream").unwrap_or_default();
        let version = self.parameter("sv").unwrap_or_default();
        (stream.is_empty() || stream == "watch" && format.streams())
            && (version.is_empty() || allows_server_version(version))
    }

    pub(super) fn is_pretty(&self) -> bool {
        self.parameter("pretty") == Some("1")
    }

    pub(super) fn target(&self) -> Option<Target<'a>> {
        let (kind, group, version) = (
            self.parameter("as"),
            self.parameter("g"),
            self.parameter("v"),
        );
        (kind.is_some() || group.is_some() || version.is_some()).then(|| Target {
            kind: kind.unwrap_or_default(),
            group: group.unwrap_or_default(),
            version: version.unwrap_or_default(),
        })
    }
}

impl Target<'_> {
    /// The shape, if it is one that any endpoint has.
    pub(super) fn shape(&self) -> Option<Shape> {
        let table = |version| Shape::Table {
            version,
            rows: Rows::default(),
        };
        let metadata = |version, list| Shape::Metadata { version, list };
        let meta = match self.version {
            "v1" => Some(MetaVersion::V1),
            "v1beta1" => Some(MetaVersion::V1Beta1),
            _ => None,
        };
        match (self.group, self.version, self.kind) {
            ("meta.k8s.io", _, "Table") => meta.map(table),
            ("meta.k8s.io", _, "PartialObjectMetadata") => meta.map(|v| metadata(v, false)),
            ("meta.k8s.io", _, "PartialObjectMetadataList") => meta.map(|v| metadata(v, true)),
            ("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList") => {
                Some(Shape::Aggregated(DiscoveryVersion::V2))
            }
            ("apidiscovery.k8s.io", "v2beta1", "APIGroupDiscoveryList") => {
                Some(Shape::Aggregated(DiscoveryVersion::V2Beta1))
            }
            _ => None,
        }
    }
}
