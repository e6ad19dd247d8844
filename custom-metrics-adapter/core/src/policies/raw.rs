//! The shapes of the file, unchecked.

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RawFile {
    pub(super) api_version: String,
    pub(super) defaults: Option<RawPolicy>,
    pub(super) policies: Vec<RawEntry>,
}

/// One of `policies`. Its own keys beside those of [`RawPolicy`], because serde cannot refuse unknown keys
/// of a structure that is made of two.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RawEntry {
    #[serde(rename = "match")]
    pub(super) what: Option<RawMatch>,
    max_age: Option<String>,
    max_sample_age: Option<String>,
    on_empty: Option<RawOnEmpty>,
    alive_query: Option<String>,
    batching: Option<RawBatching>,
    refresh: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawMatch {
    pub(super) metric: String,
    pub(super) group: Option<RawGroup>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RawPolicy {
    pub(super) max_age: Option<String>,
    pub(super) max_sample_age: Option<String>,
    pub(super) on_empty: Option<RawOnEmpty>,
    pub(super) alive_query: Option<String>,
    pub(super) batching: Option<RawBatching>,
    pub(super) refresh: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum RawGroup {
    #[serde(rename = "custom.metrics.k8s.io")]
    Custom,
    #[serde(rename = "external.metrics.k8s.io")]
    External,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawOnEmpty {
    Error,
    Zero,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawBatching {
    Auto,
    Never,
}

impl RawEntry {
    /// What it says beside whom it is about.
    pub(super) fn policy(self) -> RawPolicy {
        RawPolicy {
            max_age: self.max_age,
            max_sample_age: self.max_sample_age,
            on_empty: self.on_empty,
            alive_query: self.alive_query,
            batching: self.batching,
            refresh: self.refresh,
        }
    }
}
