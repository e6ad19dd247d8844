//! What kube-apiserver says of its kinds, in each of the forms in which it says so.
//!
//! The newest form lists every kind in two documents, `/api` and `/apis`. Older API servers ignore the
//! wish and name just groups and versions; the kinds of each version then take a request of their own.
//!
//! Left out: subresources, kinds without a name, and the groups of metrics. Those are served by adapters
//! like this one, and nobody should wait for an answer of his own.

use serde::Deserialize;

use super::Resource;
use crate::api;

/// `Accept` header that asks for the newest form first and takes any.
pub const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                          application/json";

/// A group of the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// Empty for the core group.
    pub name: String,
    /// The preferred one first.
    pub versions: Vec<Version>,
}

/// One version of a [`Group`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version {
    pub version: String,
    pub kinds: Kinds,
}

/// What is known of a version's kinds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kinds {
    Listed(Vec<Resource>),
    /// To be asked for at [`path`].
    Unlisted,
    /// kube-apiserver cannot reach the API server that serves them.
    Stale,
}

/// A document that is none of discovery's.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("it is not the JSON that was expected: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("it is of the unknown kind {0:?}")]
    UnknownKind(String),
}

/// Where the kinds of one version are listed.
pub fn path(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    }
}

/// Reads `/api` or `/apis`: an `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2` or `v2beta1`, an
/// `APIVersions` or an `APIGroupList`.
///
/// # Errors
/// When it is none of them.
pub fn groups(document: &[u8]) -> Result<Vec<Group>, Unreadable> {
    let document: Document = serde_json::from_slice(document)?;
    let groups = match document.kind.as_str() {
        "APIGroupDiscoveryList" => list(document.items, AggregatedGroup::read),
        "APIGroupList" => list(document.groups, LegacyGroup::read),
        "APIVersions" => vec![Group {
            name: String::new(),
            versions: list(document.versions, unlisted),
        }],
        _ => return Err(Unreadable::UnknownKind(document.kind)),
    };
    let foreign = |group: &Group| api::Group::parse(&group.name).is_none();
    Ok(groups.into_iter().filter(foreign).collect())
}

/// Reads the `APIResourceList` of one version.
///
/// # Errors
/// When it is something else.
pub fn resources(group: &str, version: &str, document: &[u8]) -> Result<Vec<Resource>, Unreadable> {
    let document: LegacyList = serde_json::from_slice(document)?;
    if document.kind != "APIResourceList" {
        return Err(Unreadable::UnknownKind(document.kind));
    }
    let listed = document.resources.unwrap_or_default();
    Ok(listed
        .into_iter()
        .filter_map(|resource| resource.read(group, version))
        .collect())
}

/// Fields of all forms, as each has its own.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    kind: String,
    items: Option<Vec<AggregatedGroup>>,
    groups: Option<Vec<LegacyGroup>>,
    versions: Option<Vec<String>>,
}

fn list<T, U>(items: Option<Vec<T>>, read: fn(T) -> U) -> Vec<U> {
    items.into_iter().flatten().map(read).collect()
}

#[derive(Deserialize)]
struct AggregatedGroup {
    #[serde(default)]
    metadata: Metadata,
    versions: Option<Vec<AggregatedVersion>>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct AggregatedVersion {
    version: String,
    #[serde(default)]
    freshness: String,
    resources: Option<Vec<AggregatedResource>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource {
    resource: String,
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

impl AggregatedGroup {
    fn read(self) -> Group {
        let name = self.metadata.name;
        let versions = self.versions.unwrap_or_default();
        let versions = versions
            .into_iter()
            .map(|version| version.read(&name))
            .collect();
        Group { name, versions }
    }
}

impl AggregatedVersion {
    fn read(self, group: &str) -> Version {
        let listed: Vec<_> = self
            .resources
            .into_iter()
            .flatten()
            .filter_map(|resource| resource.read(group, &self.version))
            .collect();
        // Kinds last seen are kept in a stale version, and their names have not changed since.
        let kinds = if self.freshness == "Stale" && listed.is_empty() {
            Kinds::Stale
        } else {
            Kinds::Listed(listed)
        };
        Version {
            version: self.version,
            kinds,
        }
    }
}

impl AggregatedResource {
    fn read(self, group: &str, version: &str) -> Option<Resource> {
        LegacyResource {
            name: self.resource,
            singular_name: self.singular_resource,
            kind: self.response_kind?.kind,
            namespaced: self.scope == "Namespaced",
        }
        .read(group, version)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyGroup {
    name: String,
    versions: Option<Vec<LegacyVersion>>,
    preferred_version: Option<LegacyVersion>,
}

#[derive(Deserialize)]
struct LegacyVersion {
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct LegacyList {
    #[serde(default)]
    kind: String,
    resources: Option<Vec<LegacyResource>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyResource {
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespaced: bool,
}

impl LegacyGroup {
    fn read(self) -> Group {
        let preferred = self.preferred_version.map(|preferred| preferred.version);
        let mut versions = list(self.versions, |version| unlisted(version.version));
        // Stable: the others stay in their order.
        versions.sort_by_key(|version| Some(&version.version) != preferred.as_ref());
        Group {
            name: self.name,
            versions,
        }
    }
}

impl LegacyResource {
    fn read(self, group: &str, version: &str) -> Option<Resource> {
        if self.name.is_empty() || self.name.contains('/') || self.kind.is_empty() {
            return None;
        }
        Some(Resource {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: self.name,
            // Older API servers name none; Kubernetes guesses the same.
            singular: if self.singular_name.is_empty() {
                self.kind.to_lowercase()
            } else {
                self.singular_name
            },
            kind: self.kind,
            namespaced: self.namespaced,
        })
    }
}

fn unlisted(version: String) -> Version {
    Version {
        version,
        kinds: Kinds::Unlisted,
    }
}
