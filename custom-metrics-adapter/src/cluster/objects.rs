//! Names, labels and UIDs of pods, from a metadata-only watch.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::selector::Selector;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};
use tokio::time::Instant;

use crate::cluster::watch::{Change, watch};
use crate::metrics::Metrics;
use crate::ports::{Object, Objects, Unavailable};
use crate::readiness::Gate;

/// An interrupted watch is believed this long; kube-apiserver restarts faster than that.
const BELIEVED_FOR: Duration = Duration::from_secs(90);

/// Namespace → name → pod. The inner map is sorted, so lists are.
type Pods = HashMap<String, BTreeMap<String, Entry>>;

#[derive(Debug)]
struct Entry {
    uid: Box<str>,
    labels: BTreeMap<String, String>,
}

/// The pods of the cluster as last heard.
#[derive(Debug)]
pub struct PodStore {
    state: RwLock<State>,
    gate: Gate,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct State {
    pods: Pods,
    /// The list being received; replaces `pods` when complete.
    incoming: Pods,
    /// Whether a list was ever complete.
    synced: bool,
    /// Since when the watch is interrupted.
    interrupted: Option<Instant>,
}

impl PodStore {
    pub fn new(gate: Gate, metrics: Arc<Metrics>) -> Self {
        Self {
            state: RwLock::default(),
            gate,
            metrics,
        }
    }

    /// Watches for ever.
    pub async fn run(&self, client: Client) -> ! {
        let api: Api<PartialObjectMeta<Pod>> = Api::all(client);
        watch(api, watcher::Config::default(), "pods", |change| {
            self.apply(change);
        })
        .await
    }

    fn apply(&self, change: Change<PartialObjectMeta<Pod>>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match change {
            Change::Interrupted => {
                state.interrupted.get_or_insert_with(Instant::now);
            }
            Change::Event(Event::Init) => state.incoming.clear(),
            Change::Event(Event::InitApply(pod)) => insert(&mut state.incoming, pod.metadata),
            Change::Event(Event::InitDone) => {
                state.pods = std::mem::take(&mut state.incoming);
                state.synced = true;
                state.interrupted = None;
                self.gate.open();
            }
            Change::Event(Event::Apply(pod)) => insert(&mut state.pods, pod.metadata),
            Change::Event(Event::Delete(pod)) => remove(&mut state.pods, &pod.metadata),
        }
        let count: usize = state.pods.values().map(BTreeMap::len).sum();
        self.metrics
            .pods
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

fn insert(pods: &mut Pods, metadata: ObjectMeta) {
    let (Some(namespace), Some(name)) = (metadata.namespace, metadata.name) else {
        return;
    };
    let entry = Entry {
        uid: metadata.uid.unwrap_or_default().into(),
        labels: metadata.labels.unwrap_or_default(),
    };
    pods.entry(namespace).or_default().insert(name, entry);
}

fn remove(pods: &mut Pods, metadata: &ObjectMeta) {
    let (Some(namespace), Some(name)) = (&metadata.namespace, &metadata.name) else {
        return;
    };
    if let Some(inner) = pods.get_mut(namespace) {
        inner.remove(name);
        if inner.is_empty() {
            pods.remove(namespace);
        }
    }
}

impl Objects for PodStore {
    fn pods(&self, namespace: &Namespace, selector: &Selector) -> Result<Vec<Object>, Unavailable> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if !state.synced {
            return Err(Unavailable(
                "the watch of pods has not caught up yet".to_owned(),
            ));
        }
        if state
            .interrupted
            .is_some_and(|since| since.elapsed() > BELIEVED_FOR)
        {
            return Err(Unavailable(format!(
                "the watch of pods is interrupted for more than {} s",
                BELIEVED_FOR.as_secs()
            )));
        }
        let Some(pods) = state.pods.get(namespace.as_str()) else {
            return Ok(Vec::new());
        };
        Ok(pods
            .iter()
            .filter(|(_, entry)| selector.matches(&entry.labels))
            .filter_map(|(name, entry)| {
                Some(Object {
                    name: ObjectName::new(name).ok()?,
                    uid: entry.uid.clone(),
                })
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::Readiness;

    fn store() -> PodStore {
        PodStore::new(Readiness::default().gate("pods"), Arc::new(Metrics::new()))
    }

    fn pod(name: &str, app: &str) -> PartialObjectMeta<Pod> {
        PartialObjectMeta {
            types: None,
            metadata: ObjectMeta {
                namespace: Some("default".to_owned()),
                name: Some(name.to_owned()),
                labels: Some([("app".to_owned(), app.to_owned())].into()),
                ..ObjectMeta::default()
            },
            _phantom: std::marker::PhantomData,
        }
    }

    /// Names of the selected pods; nothing where the store refuses to say.
    fn names(store: &PodStore, selector: &str) -> Option<Vec<String>> {
        let selector = Selector::parse(selector).unwrap();
        let objects = store
            .pods(&Namespace::new("default").unwrap(), &selector)
            .ok()?;
        Some(
            objects
                .into_iter()
                .map(|object| object.name.to_string())
                .collect(),
        )
    }

    fn list(store: &PodStore, pods: &[(&str, &str)]) {
        store.apply(Change::Event(Event::Init));
        for (name, app) in pods {
            store.apply(Change::Event(Event::InitApply(pod(name, app))));
        }
        store.apply(Change::Event(Event::InitDone));
    }

    #[test]
    fn nothing_is_listed_before_the_list_is_complete() {
        let store = store();
        store.apply(Change::Event(Event::Init));
        store.apply(Change::Event(Event::InitApply(pod("a", "x"))));
        assert_eq!(names(&store, ""), None);
        store.apply(Change::Event(Event::InitDone));
        assert_eq!(names(&store, "").unwrap(), ["a"]);
    }

    #[test]
    fn pods_come_and_go_and_are_selected_by_label() {
        let store = store();
        list(&store, &[("b", "x"), ("a", "x"), ("c", "y")]);
        assert_eq!(names(&store, "app=x").unwrap(), ["a", "b"]);
        store.apply(Change::Event(Event::Apply(pod("c", "x"))));
        store.apply(Change::Event(Event::Delete(pod("a", "x"))));
        assert_eq!(names(&store, "app=x").unwrap(), ["b", "c"]);
        assert_eq!(store.metrics.pods.get(), 2);
    }

    #[test]
    fn a_new_list_forgets_what_it_does_not_hold_but_only_once_complete() {
        let store = store();
        list(&store, &[("a", "x")]);
        store.apply(Change::Event(Event::Init));
        assert_eq!(names(&store, "").unwrap(), ["a"]);
        store.apply(Change::Event(Event::InitDone));
        assert!(names(&store, "").unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupted_watch_is_believed_for_a_while_and_then_not() {
        let store = store();
        list(&store, &[("a", "x")]);
        store.apply(Change::Interrupted);
        assert_eq!(names(&store, "").unwrap(), ["a"]);
        tokio::time::advance(BELIEVED_FOR + Duration::from_secs(1)).await;
        store.apply(Change::Interrupted);
        assert_eq!(names(&store, ""), None);
        list(&store, &[("a", "x")]);
        assert_eq!(names(&store, "").unwrap(), ["a"]);
    }
}
