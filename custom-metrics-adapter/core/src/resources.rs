//! The kinds a cluster knows, and how their names are looked up, as Kubernetes' `RESTMapper` does.

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

/// Known resources in order of priority: core first, then groups in discovery order.
#[derive(Clone, Debug)]
pub struct ResourceMap {
    resources: Vec<Resource>,
}

impl ResourceMap {
    /// `resources` in order of priority. Plurals and singulars are lower-cased here.
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let lower = |resource: Resource| Resource {
            plural: resource.plural.to_lowercase(),
            singular: resource.singular.to_lowercase(),
            ..resource
        };
        Self {
            resources: resources.into_iter().map(lower).collect(),
        }
    }

    /// The kinds every cluster has, for as long as nobody asks for others.
    pub fn builtin() -> Self {
        Self::new(
            BUILTIN
                .iter()
                .map(|(group, version, plural, kind, namespaced)| Resource {
                    group: (*group).to_owned(),
                    version: (*version).to_owned(),
                    plural: (*plural).to_owned(),
                    singular: kind.to_lowercase(),
                    kind: (*kind).to_owned(),
                    namespaced: *namespaced,
                }),
        )
    }

    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter()
    }

    /// Finds `pods`, `pod`, `Pod`, `deployments.apps`, and by the beginning of the group
    /// `kafkatopic.kafka`. An exact group wins over a beginning; without a group the first resource of
    /// that name wins. Short names such as `po` are unknown, as upstream.
    pub fn resolve(&self, name: &GroupResource) -> Option<&Resource> {
        let wanted = name.resource.to_lowercase();
        let named = |resource: &&Resource| resource.plural == wanted || resource.singular == wanted;
        let exact = |resource: &&Resource| name.group.is_empty() || resource.group == name.group;
        let begins = |resource: &&Resource| resource.group.starts_with(&name.group);
        let mut candidates = self.resources.iter().filter(named);
        candidates
            .clone()
            .find(exact)
            .or_else(|| candidates.find(begins))
    }
}

impl<'a> IntoIterator for &'a ResourceMap {
    type Item = &'a Resource;
    type IntoIter = std::slice::Iter<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.resources.iter()
    }
}

type Row = (&'static str, &'static str, &'static str, &'static str, bool);

/// Group, preferred version, plural, kind, namespaced; in the order kube-apiserver 1.34 lists its groups.
/// The singular is the kind in lower case, for all of these.
const BUILTIN: [Row; 38] = [
    ("", "v1", "configmaps", "ConfigMap", true),
    ("", "v1", "endpoints", "Endpoints", true),
    ("", "v1", "events", "Event", true),
    ("", "v1", "limitranges", "LimitRange", true),
    ("", "v1", "namespaces", "Namespace", false),
    ("", "v1", "nodes", "Node", false),
    (
        "",
        "v1",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        true,
    ),
    ("", "v1", "persistentvolumes", "PersistentVolume", false),
    ("", "v1", "pods", "Pod", true),
    ("", "v1", "podtemplates", "PodTemplate", true),
    (
        "",
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        true,
    ),
    ("", "v1", "resourcequotas", "ResourceQuota", true),
    ("", "v1", "secrets", "Secret", true),
    ("", "v1", "serviceaccounts", "ServiceAccount", true),
    ("", "v1", "services", "Service", true),
    ("events.k8s.io", "v1", "events", "Event", true),
    (
        "apps",
        "v1",
        "controllerrevisions",
        "ControllerRevision",
        true,
    ),
    ("apps", "v1", "daemonsets", "DaemonSet", true),
    ("apps", "v1", "deployments", "Deployment", true),
    ("apps", "v1", "replicasets", "ReplicaSet", true),
    ("apps", "v1", "statefulsets", "StatefulSet", true),
    (
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        true,
    ),
    ("batch", "v1", "cronjobs", "CronJob", true),
    ("batch", "v1", "jobs", "Job", true),
    (
        "networking.k8s.io",
        "v1",
        "ingressclasses",
        "IngressClass",
        false,
    ),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", true),
    (
        "networking.k8s.io",
        "v1",
        "networkpolicies",
        "NetworkPolicy",
        true,
    ),
    (
        "policy",
        "v1",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        true,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "clusterrolebindings",
        "ClusterRoleBinding",
        false,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "clusterroles",
        "ClusterRole",
        false,
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        "rolebindings",
        "RoleBinding",
        true,
    ),
    ("rbac.authorization.k8s.io", "v1", "roles", "Role", true),
    (
        "storage.k8s.io",
        "v1",
        "storageclasses",
        "StorageClass",
        false,
    ),
    (
        "storage.k8s.io",
        "v1",
        "volumeattachments",
        "VolumeAttachment",
        false,
    ),
    (
        "scheduling.k8s.io",
        "v1",
        "priorityclasses",
        "PriorityClass",
        false,
    ),
    ("coordination.k8s.io", "v1", "leases", "Lease", true),
    ("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false),
    (
        "discovery.k8s.io",
        "v1",
        "endpointslices",
        "EndpointSlice",
        true,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn with_kafka() -> ResourceMap {
        let topic = Resource {
            group: "kafka.strimzi.io".to_owned(),
            version: "v1beta2".to_owned(),
            plural: "kafkatopics".to_owned(),
            singular: "KafkaTopic".to_owned(),
            kind: "KafkaTopic".to_owned(),
            namespaced: true,
        };
        ResourceMap::new(ResourceMap::builtin().iter().cloned().chain([topic]))
    }

    #[rstest]
    #[case("pods", "pods")]
    #[case("Pod", "pods")]
    #[case("events", "events")]
    #[case("event.events.k8s.io", "events.events.k8s.io")]
    #[case("deployment", "deployments.apps")]
    #[case("ingress", "ingresses.networking.k8s.io")]
    #[case("ingress.networking", "ingresses.networking.k8s.io")]
    #[case("job", "jobs.batch")]
    #[case("kafkatopic.kafka", "kafkatopics.kafka.strimzi.io")]
    fn plural_singular_and_the_beginning_of_a_group_resolve(
        #[case] typed: &str,
        #[case] found: &str,
    ) {
        let map = with_kafka();
        let resource = map.resolve(&GroupResource::parse(typed)).unwrap();
        assert_eq!(resource.group_resource().to_string(), found);
    }

    #[rstest]
    #[case("po")]
    #[case("pods.apps")]
    #[case("kafkatopic.strimzi")]
    #[case("")]
    fn what_does_not_exist_does_not_resolve(#[case] typed: &str) {
        assert_eq!(with_kafka().resolve(&GroupResource::parse(typed)), None);
    }

    #[test]
    fn only_three_core_kinds_are_described_at_the_root() {
        let map = with_kafka();
        let root: Vec<_> = map
            .iter()
            .filter(|kind| !kind.described_in_namespace())
            .map(|kind| kind.plural.as_str())
            .collect();
        assert_eq!(root, ["namespaces", "nodes", "persistentvolumes"]);
    }
}
