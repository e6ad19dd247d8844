//! The cluster we belong to.

use std::path::PathBuf;
use std::time::Duration;

use super::values::duration;

/// Often enough for a new CRD, seldom enough not to be noticed.
const DISCOVERY_INTERVAL: Duration = Duration::from_mins(1);

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// Kubeconfig of the cluster [default: the pod's service account]
    #[arg(long, value_name = "FILE")]
    pub lister_kubeconfig: Option<PathBuf>,

    /// How often the kinds of the cluster are read again [default: 1m]
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = duration)]
    pub discovery_interval: Duration,

    /// Most lists of objects that are under way at once; pods are watched instead
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub client_burst: u32,

    /// Namespace of our Service and Secret
    #[arg(
        long,
        value_name = "NAME",
        env = "POD_NAMESPACE",
        hide_env_values = true,
        default_value = "custom-metrics"
    )]
    pub namespace: String,

    /// Service in front of the API, named in our APIServices
    #[arg(
        long,
        value_name = "NAME",
        default_value = "custom-metrics-apiserver",
        env = "CM_ADAPTER_SERVICE_NAME",
        hide_env_values = true
    )]
    pub service_name: String,

    /// Secret that holds what `--tls self` made
    #[arg(
        long,
        value_name = "NAME",
        default_value = "cm-adapter-serving-certs",
        env = "CM_ADAPTER_SERVING_SECRET",
        hide_env_values = true
    )]
    pub serving_secret: String,
}

impl ClusterArgs {
    /// How often the kinds of the cluster are read again.
    pub fn discovery_interval(&self) -> Duration {
        if self.discovery_interval.is_zero() {
            return DISCOVERY_INTERVAL;
        }
        self.discovery_interval
    }
}
