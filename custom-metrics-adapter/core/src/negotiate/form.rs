//! The forms that an answer can have.

/// How an object is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Format {
    Json {
        /// Indented by two spaces, without a newline at the end.
        pretty: bool,
    },
    Yaml,
    Protobuf,
}

/// What is written in place of the object.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Shape {
    /// The object itself.
    Plain,
    /// `meta.k8s.io` `Table`, what `kubectl get` prints.
    Table { version: MetaVersion, rows: Rows },
    /// `meta.k8s.io` `PartialObjectMetadata`, or its list
    Metadata { version: MetaVersion, list: bool },
    /// `apidiscovery.k8s.io` `APIGroupDiscoveryList`
    Aggregated(DiscoveryVersion),
}

/// A version of `meta.k8s.io`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MetaVersion {
    V1,
    V1Beta1,
}

/// What a row of a table carries besides its cells (`includeObject`).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Rows {
    None,
    #[default]
    Metadata,
    Object,
}

/// A version of `apidiscovery.k8s.io`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum DiscoveryVersion {
    V2,
    V2Beta1,
}

/// What a client gets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Representation {
    pub format: Format,
    pub shape: Shape,
}

/// In the order in which they are offered to a wildcard.
pub(super) const FORMATS: [Format; 3] = [
    Format::Json { pretty: false },
    Format::Yaml,
    Format::Protobuf,
];

impl std::fmt::Display for MetaVersion {
    /// `apiVersion` of its objects.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::V1 => "meta.k8s.io/v1",
            Self::V1Beta1 => "meta.k8s.io/v1beta1",
        })
    }
}

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json { .. } => "application/json",
            Self::Yaml => "application/yaml",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    /// Whether there is a form of it for watches.
    pub(super) fn streams(self) -> bool {
        self != Self::Yaml
    }
}

impl Shape {
    /// What follows the media type of an answer in this shape.
    pub fn parameters(self) -> &'static str {
        match self {
            Self::Aggregated(DiscoveryVersion::V2) => {
                ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            }
            Self::Aggregated(DiscoveryVersion::V2Beta1) => {
                ";g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
            }
            Self::Plain | Self::Table { .. } | Self::Metadata { .. } => "",
        }
    }
}
