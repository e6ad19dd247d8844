//! The kinds a cluster knows, and how their names are looked up, as Kubernetes' `RESTMapper` does.

mod builtin;
pub mod discovery;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::ids::GroupResource;

/// One kind of object, at the version its group prefers.
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
    /// Whether objects of this kind live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    pub fn group_resource(&self) -> GroupResource {
        GroupResource::new(&self.group, &self.plural)
    }

    /// `group/version`, and so `/v1` for core: the form prometheus-adapter puts into `describedObject`.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// Whether prometheus-adapter offers its metrics under a namespace: everything but the three
    /// cluster-scoped core kinds it knows by name, whatever the kind's own scope.
    pub fn described_in_namespace(&self) -> bool {
        !(self.group.is_empty()
            && matches!(
                self.plural.as_str(),
                "namespaces" | "nodes" | "persistentvolumes"
            ))
    }
}

/// Known resources in order of priority: core first, then groups in discovery order, within a group the
/// preferred version first. A lookup costs the same whether it finds something or not.
#[derive(Clone, Debug, Default)]
pub struct ResourceMap {
    resources: Vec<Resource>,
    /// Plurals and singulars → places in `resources`, rising.
    names: HashMap<String, Vec<usize>>,
}

impl ResourceMap {
    /// `resources` in order of priority: of several versions of one resource, the first counts. Plurals
    /// and singulars are lower-cased here.
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut known = HashSet::new();
        let mut map = Self::default();
        for resource in resources {
            let resource = Resource {
                plural: resource.plural.to_lowercase(),
                singular: resource.singular.to_lowercase(),
                ..resource
            };
            if known.insert(resource.group_resource()) {
                map.add(resource);
            }
        }
        map
    }

    fn add(&mut self, resource: Resource) {
        let place = self.resources.len();
        for name in [&resource.plural, &resource.singular] {
            let places = self.names.entry(name.clone()).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
        self.resources.push(resource);
    }

    /// In order of priority.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter()
    }

    /// Finds `pods`, `pod`, `Pod`, `deployments.apps`, and by the beginning of the group
    /// `kafkatopic.kafka`. An exact group wins over a beginning; without a group the first resource of
    /// that name wins. Short names such as `po` are unknown, as upstream.
    pub fn resolve(&self, name: &GroupResource) -> Option<&Resource> {
        let places = self.names.get(&name.resource.to_lowercase())?;
        let mut candidates = places.iter().map(|&place| &self.resources[place]);
        candidates
            .clone()
            .find(|resource| name.group.is_empty() || resource.group == name.group)
            .or_else(|| candidates.find(|resource| resource.group.starts_with(&name.group)))
    }
}

impl PartialEq for ResourceMap {
    /// The index follows from the resources.
    fn eq(&self, other: &Self) -> bool {
        self.resources == other.resources
    }
}

impl Eq for ResourceMap {}

impl<'a> IntoIterator for &'a ResourceMap {
    type Item = &'a Resource;
    type IntoIter = std::slice::Iter<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.iter()
    }
}
