//! The shapes of prometheus-adapter's configuration file.

use serde::Deserialize;

/// The whole file. Unknown keys are errors, as upstream.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    pub rules: Vec<RawRule>,
    pub external_rules: Vec<RawRule>,
}

/// One entry of `rules` or `externalRules`, unchecked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RawRule {
    pub series_query: String,
}
