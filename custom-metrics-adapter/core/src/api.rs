//! The API groups of metrics, and the versions of them that are served.

/// A group of `k8s.io/metrics`. In the order in which prometheus-adapter lists them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Group {
    /// Served where `rules` has an entry.
    Custom,
    /// Served where `externalRules` has an entry.
    External,
    /// Served where `resourceRules` is present, even empty.
    Resource,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Custom, Self::External, Self::Resource];

    pub fn name(self) -> &'static str {
        match self {
            Self::Custom => "custom.metrics.k8s.io",
            Self::External => "external.metrics.k8s.io",
            Self::Resource => "metrics.k8s.io",
        }
    }

    /// Served versions, the preferred one first.
    pub fn versions(self) -> &'static [GroupVersion] {
        match self {
            Self::Custom => &[GroupVersion::CustomV1Beta1, GroupVersion::CustomV1Beta2],
            Self::External => &[GroupVersion::ExternalV1Beta1],
            Self::Resource => &[GroupVersion::ResourceV1Beta1],
        }
    }

    /// The group that a raw path lies below: `/apis/{group}` and further.
    pub fn of_path(path: &str) -> Option<Self> {
        let segments = crate::path::segments(path)?;
        let (apis, group) = (segments.first()?, segments.get(1)?);
        Self::parse(group).filter(|_| apis == "apis")
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

/// A served version of a [`Group`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum GroupVersion {
    CustomV1Beta1,
    CustomV1Beta2,
    ExternalV1Beta1,
    ResourceV1Beta1,
}

impl GroupVersion {
    pub fn group(self) -> Group {
        match self {
            Self::CustomV1Beta1 | Self::CustomV1Beta2 => Group::Custom,
            Self::ExternalV1Beta1 => Group::External,
            Self::ResourceV1Beta1 => Group::Resource,
        }
    }

    pub fn version(self) -> &'static str {
        match self {
            Self::CustomV1Beta2 => "v1beta2",
            Self::CustomV1Beta1 | Self::ExternalV1Beta1 | Self::ResourceV1Beta1 => "v1beta1",
        }
    }

    pub fn parse(group: &str, version: &str) -> Option<Self> {
        let versions = Group::parse(group)?.versions().iter().copied();
        versions
            .into_iter()
            .find(|known| known.version() == version)
    }
}

impl std::fmt::Display for GroupVersion {
    /// `apiVersion` of its objects, such as `custom.metrics.k8s.io/v1beta1`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.group().name(), self.version())
    }
}

/// The groups that are configured. Others do not exist for a client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Served {
    pub custom: bool,
    pub external: bool,
    pub resource: bool,
}

impl Served {
    pub fn has(self, group: Group) -> bool {
        match group {
            Group::Custom => self.custom,
            Group::External => self.external,
            Group::Resource => self.resource,
        }
    }

    /// In the order of [`Group::ALL`].
    pub fn groups(self) -> impl Iterator<Item = Group> {
        Group::ALL.into_iter().filter(move |group| self.has(*group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_served_version_is_found_by_its_text_and_no_other() {
        for version in Group::ALL.into_iter().flat_map(Group::versions) {
            let text = version.to_string();
            let (group, name) = text.split_once('/').unwrap();
            assert_eq!(GroupVersion::parse(group, name), Some(*version));
        }
        assert_eq!(
            GroupVersion::parse("external.metrics.k8s.io", "v1beta2"),
            None
        );
        assert_eq!(GroupVersion::parse("apps", "v1"), None);
    }
}
