//! The names that users type. They are promises, so they are written out here instead of being read from the manifests.

/// Every object of the stack carries it.
pub const PART_OF: &str = "app.kubernetes.io/part-of=custom-metrics-stack";

pub const APP_NAMESPACE: &str = "default";
pub const ADAPTER_NAMESPACE: &str = "custom-metrics";
pub const MONITORING_NAMESPACE: &str = "monitoring";

/// The application: Deployment, Service, label `app=` and Prometheus job.
pub const WORKLOAD: &str = "workload";
pub const WORKLOAD_SELECTOR: &str = "app=workload";
pub const WORKLOAD_PORT: u16 = 8080;
pub const HPA: &str = "workload-hpa";

/// The adapter: Deployment, Service and label `app=`.
pub const ADAPTER: &str = "custom-metrics-apiserver";
pub const ADAPTER_SELECTOR: &str = "app=custom-metrics-apiserver";
/// The pod's own port behind the Service's 443.
pub const ADAPTER_PORT: u16 = 6443;
pub const API_SERVICE: &str = "v1beta1.custom.metrics.k8s.io";

pub const PROMETHEUS: &str = "prometheus";
pub const METRIC: &str = "http_requests_per_second";
