//! The objects that exist now: pods from a watch, anything else from a list.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use custom_metrics_core::ids::{GroupResource, Namespace};
use custom_metrics_core::resources::Resource;
use custom_metrics_core::selector::Selector;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::runtime::watcher;
use kube::{Api, Client};

use crate::cluster::lists::Lists;
use crate::cluster::watched::Watched;
use crate::metrics::Metrics;
use crate::ports::{LabelledObject, ListFailure, Object, Objects, Which};
use crate::readiness::{Gate, Readiness};

/// Readiness waits this long for what only `metrics.k8s.io` is answered from. Without the right to
/// watch nodes, say, everything else is still served.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// Everything that is listed, by whichever way.
pub struct ClusterObjects {
    client: Client,
    pods: Watched,
    lists: Lists,
    usage: Option<Usage>,
}

/// What `metrics.k8s.io` lists.
#[derive(Debug)]
struct Usage {
    running_pods: Watched,
    nodes: Watched,
    gates: [Gate; 2],
}

impl ClusterObjects {
    /// Anything but pods comes from `lists`. Running pods and nodes are watched only where
    /// `usage` says that `metrics.k8s.io` is served.
    pub fn new(
        client: Client,
        lists: Lists,
        usage: bool,
        readiness: &Readiness,
        metrics: &Metrics,
    ) -> Self {
        let watched = |what, gate: &Gate| {
            let count = metrics.watched_objects.with_label_values(&[what]);
            Watched::new(what, gate.clone(), count)
        };
        let usage = usage.then(|| {
            let gates = [readiness.gate("running-pods"), readiness.gate("nodes")];
            Usage {
                running_pods: watched("running pods", &gates[0]),
                nodes: watched("nodes", &gates[1]),
                gates,
            }
        });
        Self {
            pods: watched("pods", &readiness.gate("pods")),
            lists,
            usage,
            client,
        }
    }

    /// Watches for ever.
    ///
    /// # Errors
    /// Never.
    pub async fn run(self: Arc<Self>) -> anyhow::Result<Infallible> {
        let any = watcher::Config::default;
        let pods = self.pods.run::<Pod>(Api::all(self.client.clone()), any());
        let Some(usage) = &self.usage else { pods.await };
        // As prometheus-adapter selects them; metadata alone does not tell the phase.
        let running = any().fields("status.phase=Running");
        let running_pods = usage
            .running_pods
            .run::<Pod>(Api::all(self.client.clone()), running);
        let nodes = usage
            .nodes
            .run::<Node>(Api::all(self.client.clone()), any());
        let patience = async {
            tokio::time::sleep(READY_WITHIN).await;
            usage.gates.iter().for_each(Gate::open);
        };
        tokio::join!(pods, running_pods, nodes, patience).0
    }

    async fn listed(
        &self,
        resource: &Resource,
        namespace: Option<&Namespace>,
        selector: &Selector,
    ) -> Result<Vec<Object>, ListFailure> {
        if resource.group_resource() == GroupResource::new("", "pods") {
            return self.pods.objects(namespace, Which::Matching(selector));
        }
        self.lists.list(resource, namespace, selector).await
    }
}

impl Objects for ClusterObjects {
    fn list<'a>(
        &'a self,
        resource: &'a Resource,
        namespace: Option<&'a Namespace>,
        selector: &'a Selector,
    ) -> BoxFuture<'a, Result<Vec<Object>, ListFailure>> {
        self.listed(resource, namespace, selector).boxed()
    }

    fn running_pods<'a>(
        &'a self,
        namespace: Option<&'a Namespace>,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>> {
        let usage = self.usage.as_ref().ok_or_else(unwatched);
        ready(usage.and_then(|usage| usage.running_pods.labelled(namespace, which))).boxed()
    }

    fn nodes<'a>(
        &'a self,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>> {
        let usage = self.usage.as_ref().ok_or_else(unwatched);
        ready(usage.and_then(|usage| usage.nodes.labelled(None, which))).boxed()
    }
}

impl std::fmt::Debug for ClusterObjects {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ClusterObjects")
            .field("pods", &self.pods)
            .finish_non_exhaustive()
    }
}

fn unwatched() -> ListFailure {
    ListFailure::Failed("the rules file has no resourceRules, so this is not watched".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    use kube::client::Body;
    use tower::service_fn;

    #[tokio::test(start_paused = true)]
    async fn readiness_waits_for_pods_and_only_ten_seconds_for_what_usage_needs() {
        let silent = service_fn(|_: http::Request<Body>| {
            pending::<Result<http::Response<Body>, Infallible>>()
        });
        let client = Client::new(silent, "default");
        let lists = Lists::new(client.clone(), Duration::from_secs(1), 1);
        let (readiness, metrics) = (Readiness::default(), Metrics::new());
        let objects = ClusterObjects::new(client, lists, true, &readiness, &metrics);
        let run = tokio::spawn(Arc::new(objects).run());
        let gates = |open: [&str; 3]| {
            let report = readiness.report();
            let shown: Vec<_> = report.lines().take(3).collect();
            assert_eq!(shown, open);
        };
        tokio::time::sleep(Duration::from_millis(9_999)).await;
        gates([
            "[-]nodes failed",
            "[-]pods failed",
            "[-]running-pods failed",
        ]);
        tokio::time::sleep(Duration::from_millis(2)).await;
        gates(["[+]nodes ok", "[-]pods failed", "[+]running-pods ok"]);
        run.abort();
    }
}
