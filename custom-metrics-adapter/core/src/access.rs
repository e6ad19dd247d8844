//! What an access review is asked about a read.

/// The attributes of a `SubjectAccessReview`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessAttributes {
    pub namespace: Option<String>,
    pub verb: &'static str,
    pub group: &'static str,
    pub version: &'static str,
    /// As typed: `pods`, `deployments.apps`; `metrics` for a metric of a namespace.
    pub resource: String,
    pub subresource: Option<String>,
    pub name: Option<String>,
}
