//! The cluster's objects as our engine sees them: the pods that were listed for the autoscalers.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::resources::Resource;
use custom_metrics_core::selector::Selector;
use custom_metrics_core::usage::LabelledObject;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::check::scaled::ScaledPod;
use crate::ports::{ListFailure, Object, Objects, Which};

/// By namespace and name.
type Known = BTreeMap<Namespace, BTreeMap<String, ScaledPod>>;

/// The pods behind the autoscalers, as last listed.
#[derive(Debug, Default)]
pub(super) struct Pods(RwLock<Known>);

impl Pods {
    /// From here on these are all there are.
    pub(super) fn know<'a>(&self, pods: impl Iterator<Item = (&'a Namespace, &'a [ScaledPod])>) {
        let mut known: Known = BTreeMap::new();
        for (namespace, pods) in pods {
            let known = known.entry(namespace.clone()).or_default();
            known.extend(pods.iter().map(|pod| (pod.pod.name.clone(), pod.clone())));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn matching(&self, namespace: &Namespace, selector: &Selector) -> Vec<Object> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let pods = known.get(namespace).into_iter().flat_map(BTreeMap::values);
        pods.filter(|pod| selector.matches(&pod.labels))
            .filter_map(|pod| {
                Some(Object {
                    name: ObjectName::new(pod.pod.name.clone()).ok()?,
                    uid: pod.uid.clone().into_boxed_str(),
                })
            })
            .collect()
    }
}

impl Objects for Pods {
    fn list<'a>(
        &'a self,
        resource: &'a Resource,
        namespace: Option<&'a Namespace>,
        selector: &'a Selector,
    ) -> BoxFuture<'a, Result<Vec<Object>, ListFailure>> {
        let listed = match namespace {
            Some(namespace) if resource.plural == "pods" && resource.group.is_empty() => {
                Ok(self.matching(namespace, selector))
            }
            // No autoscaler reads more than one object of another kind.
            _ => Err(ListFailure::Failed(format!(
                "{} are not listed here",
                resource.plural
            ))),
        };
        std::future::ready(listed).boxed()
    }

    fn running_pods<'a>(
        &'a self,
        namespace: Option<&'a Namespace>,
        which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let namespaces = known.iter();
        let namespaces =
            namespaces.filter(|(known, _)| namespace.is_none_or(|wanted| wanted == *known));
        let pods =
            namespaces.flat_map(|(namespace, pods)| pods.values().map(move |pod| (namespace, pod)));
        let running = pods.filter_map(|(namespace, pod)| {
            let object = LabelledObject {
                namespace: Some(namespace.clone()),
                name: ObjectName::new(pod.pod.name.clone()).ok()?,
                labels: pod.labels.clone(),
            };
            let wanted = match which {
                Which::Named(name) => object.name == *name,
                Which::Matching(selector) => selector.matches(&object.labels),
            };
            (wanted && pod.running).then_some(object)
        });
        std::future::ready(Ok(running.collect())).boxed()
    }

    fn nodes<'a>(
        &'a self,
        _which: Which<'a>,
    ) -> BoxFuture<'a, Result<Vec<LabelledObject>, ListFailure>> {
        // No autoscaler reads nodes.
        let failure = ListFailure::Failed("nodes are not listed here".to_owned());
        std::future::ready(Err(failure)).boxed()
    }
}
