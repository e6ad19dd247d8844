//! Kubernetes label selectors: parsed, printed in canonical form, matched.

use std::collections::BTreeMap;

/// How a requirement compares the label with its values.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Operator {
    Equals,
    DoubleEquals,
    NotEquals,
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// One condition of a selector. Values are sorted and unique.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

/// Requirements that must all hold, sorted by key. The default selects everything.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Selector(Vec<Requirement>);

/// Why a text is no selector, in the words of Kubernetes' own parser.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct SelectorError(pub String);

impl Selector {
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        todo!("{text}")
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn requirements(&self) -> &[Requirement] {
        &self.0
    }
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        todo!("{labels:?}")
    }
}
impl std::fmt::Display for Selector {
    fn fmt(&self, _out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
