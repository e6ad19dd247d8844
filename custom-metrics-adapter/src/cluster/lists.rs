//! Lists of objects, asked of kube-apiserver at the moment they are needed.
//!
//! Only names and UIDs travel: metadata, in pages. Equal lists under way are asked for once.

use std::sync::Arc;
use std::time::Duration;

use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::resources::{Resource, discovery};
use custom_metrics_core::selector::Selector;
use http::header::{ACCEPT, HeaderValue};
use kube::Client;
use kube::api::ListParams;
use kube::client::Body;
use kube::core::Request;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::cluster::read::{Failure, read};
use crate::flights::Flights;
use crate::ports::{ListFailure, Object};

/// API servers behind aggregation need not know metadata lists; they send whole objects.
const METADATA: HeaderValue = HeaderValue::from_static(
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
);
const PAGE: u32 = 500;

type Listed = Result<Arc<[Object]>, ListFailure>;

/// Asks for lists of any kind.
pub struct Lists {
    client: Client,
    /// Longest wait for a whole list.
    budget: Duration,
    slots: Arc<Semaphore>,
    flights: Flights<String, Listed>,
}

impl Lists {
    /// At most `concurrent` lists, and at least one, are under way at once.
    pub fn new(client: Client, budget: Duration, concurrent: u32) -> Self {
        let slots = usize::try_from(concurrent).unwrap_or(usize::MAX);
        Self {
            client,
            budget,
            slots: Arc::new(Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS))),
            flights: Flights::default(),
        }
    }

    /// In the order of kube-apiserver: by namespace and name.
    ///
    /// # Errors
    /// [`ListFailure::Failed`] in kube-apiserver's own words.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: Option<&Namespace>,
        selector: &Selector,
    ) -> Result<Vec<Object>, ListFailure> {
        let what = resource.group_resource();
        if namespace.is_some() && !resource.namespaced {
            let why = format!("cannot list {what} in a namespace: they live in none");
            return Err(ListFailure::Failed(why));
        }
        let path = path(resource, namespace);
        let selector = selector.to_string();
        let key = format!("{path}?{selector}");
        let (client, slots, budget) = (self.client.clone(), Arc::clone(&self.slots), self.budget);
        let listed = self.flights.join(key, move || async move {
            let listed =
                tokio::time::timeout(budget, pages(&client, &slots, path, selector, budget)).await;
            listed
                .unwrap_or(Err(Failure::Timeout(budget)))
                .map_err(|error| ListFailure::Failed(format!("cannot list {what}: {error}")))
        });
        listed.await.map(|objects| objects.to_vec())
    }
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Lists")
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

fn path(resource: &Resource, namespace: Option<&Namespace>) -> String {
    let root = discovery::path(&resource.group, &resource.version);
    let plural = &resource.plural;
    match namespace {
        None => format!("{root}/{plural}"),
        Some(namespace) => format!("{root}/namespaces/{}/{plural}", escape(namespace.as_str())),
    }
}

/// One segment of a path.
fn escape(segment: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escaped = segment.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    escaped.collect()
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    items: Option<Vec<Item>>,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct Item {
    metadata: ItemMetadata,
}

#[derive(Deserialize)]
struct ItemMetadata {
    name: String,
    #[serde(default)]
    uid: Box<str>,
}

async fn pages(
    client: &Client,
    slots: &Semaphore,
    path: String,
    selector: String,
    budget: Duration,
) -> Result<Arc<[Object]>, Failure> {
    // The semaphore is never closed.
    let _slot = slots.acquire().await;
    let request = Request::new(path);
    let mut objects = Vec::new();
    let mut next = None;
    loop {
        let parameters = ListParams {
            label_selector: Some(selector.clone()).filter(|selector| !selector.is_empty()),
            limit: Some(PAGE),
            continue_token: next,
            ..ListParams::default()
        };
        let page = request
            .list_metadata(&parameters)
            .map_err(|error| Failure::Broken(error.into()))?;
        let mut page = page.map(Body::from);
        page.headers_mut().insert(ACCEPT, METADATA);
        let answer = read(client, page, budget).await?;
        let page: Page =
            serde_json::from_slice(answer.body()).map_err(|error| Failure::Broken(error.into()))?;
        objects.extend(page.items.into_iter().flatten().filter_map(object));
        if page.metadata.next.is_empty() {
            return Ok(objects.into());
        }
        next = Some(page.metadata.next);
    }
}

fn object(item: Item) -> Option<Object> {
    Some(Object {
        name: ObjectName::new(item.metadata.name).ok()?,
        uid: item.metadata.uid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use custom_metrics_core::ids::GroupResource;
    use custom_metrics_core::resources::ResourceMap;

    fn path_of(resource: &str, namespace: Option<&str>) -> String {
        let map = ResourceMap::builtin();
        let resource = map.resolve(&GroupResource::parse(resource)).unwrap();
        path(
            resource,
            namespace.map(|name| Namespace::new(name).unwrap()).as_ref(),
        )
    }

    #[test]
    fn a_list_is_where_kube_apiserver_has_it_whatever_the_namespace_is_called() {
        assert_eq!(
            path_of("services", Some("a")),
            "/api/v1/namespaces/a/services"
        );
        assert_eq!(
            path_of("deployments", Some("a")),
            "/apis/apps/v1/namespaces/a/deployments"
        );
        assert_eq!(path_of("nodes", None), "/api/v1/nodes");
        assert_eq!(
            path_of("services", Some("a?b ü")),
            "/api/v1/namespaces/a%3Fb%20%C3%BC/services"
        );
    }
}
