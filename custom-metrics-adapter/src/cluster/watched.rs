//! Names, labels and UIDs of the objects of one kind, from a metadata-only watch.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use custom_metrics_core::ids::{Namespace, ObjectName};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Resource};
use prometheus::IntGauge;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::cluster::watch::{Change, watch};
use crate::ports::{LabelledObject, ListFailure, Object, Which};
use crate::readiness::Gate;

/// An interrupted watch is believed this long; kube-apiserver restarts faster than that.
const BELIEVED_FOR: Duration = Duration::from_secs(90);

/// Namespace → name → object; the namespace of what lives in none is empty. Sorted, so lists are.
type Objects = BTreeMap<String, BTreeMap<String, Entry>>;

#[derive(Debug)]
struct Entry {
    uid: Box<str>,
    labels: BTreeMap<String, String>,
}

/// Objects as last heard of.
#[derive(Debug)]
pub struct Watched {
    /// What people call them, in the plural.
    what: &'static str,
    state: RwLock<State>,
    /// Opens with the first complete list.
    gate: Gate,
    /// How many there are.
    count: IntGauge,
}

#[derive(Debug, Default)]
struct State {
    objects: Objects,
    /// The list being received; replaces `objects` when complete.
    incoming: Objects,
    /// Whether a list was ever complete.
    synced: bool,
    /// Since when the watch is interrupted, and why at last.
    interrupted: Option<(Instant, String)>,
}

impl Watched {
    pub fn new(what: &'static str, gate: Gate, count: IntGauge) -> Self {
        Self {
            what,
            state: RwLock::default(),
            gate,
            count,
        }
    }

    /// Watches for ever.
    pub async fn run<K>(&self, api: Api<PartialObjectMeta<K>>, config: watcher::Config) -> !
    where
        K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        watch(api, config, self.what, |change| self.apply(change)).await
    }

    fn apply<K>(&self, change: Change<PartialObjectMeta<K>>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match change {
            Change::Interrupted(why) => {
                let since = state.interrupted.take().map(|(since, _)| since);
                state.interrupted = Some((since.unwrap_or_else(Instant::now), why));
            }
            Change::Event(Event::Init) => state.incoming.clear(),
            Change::Event(Event::InitApply(object)) => insert(&mut state.incoming, object.metadata),
            Change::Event(Event::InitDone) => {
                state.objects = std::mem::take(&mut state.incoming);
                state.synced = true;
                state.interrupted = None;
                self.gate.open();
            }
            Change::Event(Event::Apply(object)) => insert(&mut state.objects, object.metadata),
            Change::Event(Event::Delete(object)) => remove(&mut state.objects, &object.metadata),
        }
        let count: usize = state.objects.values().map(BTreeMap::len).sum();
        self.count.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Those of one namespace or of all, sorted by namespace and name.
    ///
    /// # Errors
    /// [`ListFailure::NotReady`] when the watch cannot vouch for the list.
    pub fn objects(
        &self,
        namespace: Option<&Namespace>,
        which: Which<'_>,
    ) -> Result<Vec<Object>, ListFailure> {
        self.select(namespace, which, |_, name, entry| {
            Some(Object {
                name: ObjectName::new(name).ok()?,
                uid: entry.uid.clone(),
            })
        })
    }

    /// [`Watched::objects`] with their labels.
    ///
    /// # Errors
    /// [`ListFailure::NotReady`] when the watch cannot vouch for the list.
    pub fn labelled(
        &self,
        namespace: Option<&Namespace>,
        which: Which<'_>,
    ) -> Result<Vec<LabelledObject>, ListFailure> {
        self.select(namespace, which, |namespace, name, entry| {
            Some(LabelledObject {
                namespace: Namespace::new(namespace).ok(),
                name: ObjectName::new(name).ok()?,
                labels: entry.labels.clone(),
            })
        })
    }

    fn select<T>(
        &self,
        namespace: Option<&Namespace>,
        which: Which<'_>,
        read: impl Fn(&str, &str, &Entry) -> Option<T>,
    ) -> Result<Vec<T>, ListFailure> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        self.vouch(&state)?;
        let here = |held: &str| namespace.is_none_or(|wanted| wanted.as_str() == held);
        let first = namespace.map_or(Bound::Unbounded, |wanted| Bound::Included(wanted.as_str()));
        let namespaces = state.objects.range::<str, _>((first, Bound::Unbounded));
        let mut selected = Vec::new();
        for (namespace, objects) in namespaces.take_while(|(held, _)| here(held)) {
            match which {
                Which::Named(name) => {
                    let found = objects.get(name.as_str());
                    selected.extend(found.and_then(|entry| read(namespace, name.as_str(), entry)));
                }
                Which::Matching(selector) => selected.extend(
                    objects
                        .iter()
                        .filter(|(_, entry)| selector.matches(&entry.labels))
                        .filter_map(|(name, entry)| read(namespace, name, entry)),
                ),
            }
        }
        Ok(selected)
    }

    fn vouch(&self, state: &State) -> Result<(), ListFailure> {
        let what = self.what;
        let why = match &state.interrupted {
            None if state.synced => return Ok(()),
            None => format!("the watch of {what} has not caught up yet"),
            Some((_, why)) if !state.synced => format!("the watch of {what} cannot start: {why}"),
            Some((since, _)) if since.elapsed() <= BELIEVED_FOR => return Ok(()),
            Some((_, why)) => {
                let seconds = BELIEVED_FOR.as_secs();
                format!("the watch of {what} is interrupted for more than {seconds} s: {why}")
            }
        };
        Err(ListFailure::NotReady(why))
    }
}

fn insert(objects: &mut Objects, metadata: ObjectMeta) {
    let Some(name) = metadata.name else {
        return;
    };
    let entry = Entry {
        uid: metadata.uid.unwrap_or_default().into(),
        labels: metadata.labels.unwrap_or_default(),
    };
    let namespace = metadata.namespace.unwrap_or_default();
    objects.entry(namespace).or_default().insert(name, entry);
}

fn remove(objects: &mut Objects, metadata: &ObjectMeta) {
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let (Some(name), Some(inner)) = (&metadata.name, objects.get_mut(namespace)) else {
        return;
    };
    inner.remove(name);
    if inner.is_empty() {
        objects.remove(namespace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::Readiness;
    use custom_metrics_core::selector::Selector;
    use k8s_openapi::api::core::v1::Pod;

    fn store() -> Watched {
        let count = IntGauge::new("count", "Objects.").unwrap();
        Watched::new("pods", Readiness::default().gate("pods"), count)
    }

    fn pod(namespace: &str, name: &str, app: &str) -> PartialObjectMeta<Pod> {
        PartialObjectMeta {
            types: None,
            metadata: ObjectMeta {
                namespace: Some(namespace.to_owned()).filter(|name| !name.is_empty()),
                name: Some(name.to_owned()),
                uid: Some(format!("uid-{name}")),
                labels: Some([("app".to_owned(), app.to_owned())].into()),
                ..ObjectMeta::default()
            },
            _phantom: std::marker::PhantomData,
        }
    }

    fn interrupted() -> Change<PartialObjectMeta<Pod>> {
        Change::Interrupted("gone".to_owned())
    }

    /// Names of the selected pods of `default`; nothing where the store refuses to say.
    fn names(store: &Watched, selector: &str) -> Option<Vec<String>> {
        let (namespace, selector) = (
            Namespace::new("default").unwrap(),
            Selector::parse(selector).unwrap(),
        );
        let objects = store
            .objects(Some(&namespace), Which::Matching(&selector))
            .ok()?;
        Some(
            objects
                .into_iter()
                .map(|object| object.name.to_string())
                .collect(),
        )
    }

    fn list(store: &Watched, pods: &[(&str, &str)]) {
        store.apply(Change::<PartialObjectMeta<Pod>>::Event(Event::Init));
        for (name, app) in pods {
            store.apply(Change::Event(Event::InitApply(pod("default", name, app))));
        }
        store.apply(Change::<PartialObjectMeta<Pod>>::Event(Event::InitDone));
    }

    #[test]
    fn nothing_is_listed_before_the_list_is_complete() {
        let store = store();
        store.apply(Change::<PartialObjectMeta<Pod>>::Event(Event::Init));
        store.apply(Change::Event(Event::InitApply(pod("default", "a", "x"))));
        assert_eq!(names(&store, ""), None);
        assert!(!store.gate.is_open());
        store.apply(Change::<PartialObjectMeta<Pod>>::Event(Event::InitDone));
        assert_eq!(names(&store, "").unwrap(), ["a"]);
        assert!(store.gate.is_open());
    }

    #[test]
    fn objects_come_and_go_and_are_selected_by_label() {
        let store = store();
        list(&store, &[("b", "x"), ("a", "x"), ("c", "y")]);
        assert_eq!(names(&store, "app=x").unwrap(), ["a", "b"]);
        store.apply(Change::Event(Event::Apply(pod("default", "c", "x"))));
        store.apply(Change::Event(Event::Delete(pod("default", "a", "x"))));
        assert_eq!(names(&store, "app=x").unwrap(), ["b", "c"]);
        assert_eq!(store.count.get(), 2);
    }

    #[test]
    fn a_new_list_forgets_what_it_does_not_hold_but_only_once_complete() {
        let store = store();
        list(&store, &[("a", "x")]);
        store.apply(Change::<PartialObjectMeta<Pod>>::Event(Event::Init));
        assert_eq!(names(&store, "").unwrap(), ["a"]);
        store.apply(Change::<PartialObjectMeta<Pod>>::Event(Event::InitDone));
        assert!(names(&store, "").unwrap().is_empty());
    }

    #[test]
    fn one_namespace_or_all_and_one_name_or_all_are_listed_in_order() {
        let store = store();
        list(&store, &[("b", "x"), ("a", "y")]);
        for (namespace, name) in [("defaul", "a"), ("default-2", "a"), ("", "node")] {
            store.apply(Change::Event(Event::Apply(pod(namespace, name, "x"))));
        }
        let everything = Selector::default();
        let listed = |namespace: Option<&str>, which| -> Vec<String> {
            let namespace = namespace.map(|name| Namespace::new(name).unwrap());
            let objects = store.labelled(namespace.as_ref(), which).unwrap();
            let text = |object: LabelledObject| {
                let namespace = object
                    .namespace
                    .map_or(String::new(), |name| name.to_string());
                format!("{namespace}/{} {}", object.name, object.labels["app"])
            };
            objects.into_iter().map(text).collect()
        };
        let name = ObjectName::new("a").unwrap();
        assert_eq!(
            listed(None, Which::Matching(&everything)),
            [
                "/node x",
                "defaul/a x",
                "default/a y",
                "default/b x",
                "default-2/a x"
            ]
        );
        assert_eq!(
            listed(Some("default"), Which::Matching(&everything)),
            ["default/a y", "default/b x"]
        );
        assert_eq!(
            listed(Some("default"), Which::Named(&name)),
            ["default/a y"]
        );
        assert_eq!(listed(Some("elsewhere"), Which::Named(&name)), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupted_watch_is_believed_for_a_while_and_then_not() {
        let store = store();
        list(&store, &[("a", "x")]);
        store.apply(interrupted());
        assert_eq!(names(&store, "").unwrap(), ["a"]);
        tokio::time::advance(BELIEVED_FOR + Duration::from_secs(1)).await;
        store.apply(interrupted());
        assert_eq!(names(&store, ""), None);
        list(&store, &[("a", "x")]);
        assert_eq!(names(&store, "").unwrap(), ["a"]);
    }
}
