//! What stands behind an autoscaler: its scale and its pods.

use std::collections::BTreeMap;

use custom_metrics_core::hpa::milli::milli;
use custom_metrics_core::hpa::{Pod, Standing};
use custom_metrics_core::selector::Selector;
use serde_json::Value;

/// What an autoscaler scales, as its controller sees it.
#[derive(Clone, Debug)]
pub(crate) struct Scaled {
    /// `spec.replicas` of the scale.
    pub(crate) wanted: u32,
    /// `status.replicas` of the scale.
    pub(crate) existing: u32,
    pub(crate) selector: Selector,
    pub(crate) pods: Vec<ScaledPod>,
}

/// A pod behind a scale.
#[derive(Clone, Debug)]
pub(crate) struct ScaledPod {
    pub(crate) pod: Pod,
    pub(crate) uid: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) running: bool,
    /// Requests in thousandths by resource and container.
    pub(crate) requests: Vec<(String, String, i64)>,
}

impl ScaledPod {
    pub(super) fn read(pod: &Value) -> Self {
        let text = |pointer: &str| {
            let text = pod.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let phase = text("/status/phase");
        let deleting = pod.pointer("/metadata/deletionTimestamp").is_some();
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
        let labels = pod.pointer("/metadata/labels").and_then(Value::as_object);
        let labels = labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        Self {
            pod: Pod {
                name: text("/metadata/name"),
                standing: Standing::of(&phase, deleting),
                ready: phase == "Running" && ready,
            },
            uid: text("/metadata/uid"),
            labels: labels.collect(),
            running: phase == "Running",
            requests: requests(pod),
        }
    }

    /// What it requests of `resource`, in all containers or in one. Pod-level requests come first.
    pub(crate) fn request(&self, resource: &str, container: Option<&str>) -> Option<i64> {
        let of = |wanted: &str| {
            let mut found = self
                .requests
                .iter()
                .filter(|(container, known, _)| container == wanted && known == resource);
            found.next().map(|(_, _, milli)| *milli)
        };
        if let Some(container) = container {
            return of(container);
        }
        let whole = of("");
        whole.or_else(|| {
            let found = self
                .requests
                .iter()
                .filter(|(_, known, _)| known == resource);
            let found: Vec<i64> = found.map(|(_, _, milli)| *milli).collect();
            (!found.is_empty()).then(|| found.into_iter().fold(0, i64::saturating_add))
        })
    }
}

/// (container, resource, thousandths); the pod's own under the empty container.
fn requests(pod: &Value) -> Vec<(String, String, i64)> {
    let mut found = vec![];
    let mut add = |container: &str, requests: Option<&Value>| {
        for (resource, quantity) in requests.and_then(Value::as_object).into_iter().flatten() {
            let quantity = quantity.as_str().and_then(|quantity| milli(quantity).ok());
            found.extend(quantity.map(|milli| (container.to_owned(), resource.clone(), milli)));
        }
    };
    add("", pod.pointer("/spec/resources/requests"));
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let sidecars = pod
        .pointer("/spec/initContainers")
        .and_then(Value::as_array);
    let sidecars = sidecars
        .into_iter()
        .flatten()
        .filter(|one| one["restartPolicy"] == "Always");
    for container in containers.into_iter().flatten().chain(sidecars) {
        let name = container["name"].as_str().unwrap_or_default();
        add(name, container.pointer("/resources/requests"));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_read_as_far_as_its_autoscaler_cares() {
        let pod = ScaledPod::read(&json!({
            "metadata": {"name": "web-1", "uid": "u", "labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {"name": "app", "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}}},
                    {"name": "proxy", "resources": {"requests": {"cpu": "1"}}},
                ],
                "initContainers": [
                    {"name": "once", "resources": {"requests": {"cpu": "8"}}},
                    {"name": "mesh", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
                ],
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }));
        assert!(pod.pod.ready && pod.running);
        assert_eq!(pod.request("cpu", None), Some(1300));
        assert_eq!(pod.request("cpu", Some("app")), Some(250));
        assert_eq!(pod.request("memory", None), Some(1_073_741_824_000));
        assert_eq!(pod.request("gpu", None), None);
    }

    #[test]
    fn a_pod_that_ends_is_ignored_and_a_waiting_one_unready() {
        let standing = |pod: Value| ScaledPod::read(&pod).pod.standing;
        let ending =
            json!({"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Running"}});
        assert_eq!(standing(ending), Standing::Ignored);
        assert_eq!(
            standing(json!({"status": {"phase": "Pending"}})),
            Standing::Unready
        );
    }
}
