//! The kinds a cluster knows, and how their names are looked up.

use crate::ids::GroupResource;

/// One kind of object, at its preferred version.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    /// Lower case, such as `pods`.
    pub plural: String,
    /// Lower case, such as `pod`.
    pub singular: String,
    pub kind: String,
    pub namespaced: bool,
}

impl Resource {
    pub fn group_resource(&self) -> GroupResource {
        GroupResource::new(&self.group, &self.plural)
    }
    /// `group/version`; core is `/v1`, as prometheus-adapter prints it in `describedObject`.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }
}

/// Known resources in order of priority: core first, then groups in discovery order.
#[derive(Clone, Debug)]
pub struct ResourceMap {
    resources: Vec<Resource>,
}

impl ResourceMap {
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        Self {
            resources: resources.into_iter().collect(),
        }
    }
    /// The kinds every cluster has.
    pub fn builtin() -> Self {
        todo!()
    }
    pub fn resolve(&self, name: &GroupResource) -> Option<&Resource> {
        todo!("{name}")
    }
}
