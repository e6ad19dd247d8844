//! Discovery documents. Their JSON, which is what kube-apiserver asks for, is made ahead of time; people's
//! forms are made of the same snapshot when somebody wants them. Nothing here ever waits.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;
use custom_metrics_core::api::{Group, GroupVersion, Served};
use custom_metrics_core::negotiate::{DiscoveryVersion, Format};
use custom_metrics_core::wire::{self, Document, Offer};

/// One document.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Topic {
    /// `/apis`
    Groups,
    /// `/apis/{group}`
    Group(Group),
    /// `/apis/{group}/{version}`
    Resources(GroupVersion),
    /// `/apis` in one piece with all below it
    Aggregated(DiscoveryVersion),
}

/// All documents. Equal rules and series give equal bytes on every replica.
#[derive(Debug)]
pub struct Discovery {
    pub served: Served,
    /// `:PORT`, as `serverAddressByClientCIDRs` shows it.
    server_address: String,
    /// Those of served groups, as compact JSON.
    json: HashMap<Topic, Bytes>,
    /// Of the aggregated documents, which kube-apiserver keeps while they stay the same.
    tags: HashMap<Topic, String>,
}

impl Discovery {
    /// # Errors
    /// When a document cannot be written as JSON.
    pub fn build(
        served: Served,
        offer: &Offer<'_>,
        server_address: &str,
    ) -> serde_json::Result<Self> {
        let mut discovery = Self {
            served,
            server_address: server_address.to_owned(),
            json: HashMap::new(),
            tags: HashMap::new(),
        };
        for topic in topics(served) {
            let bytes = discovery.encode(topic, offer, Format::Json { pretty: false })?;
            if let Topic::Aggregated(_) = topic {
                discovery.tags.insert(topic, tag(&bytes));
            }
            discovery.json.insert(topic, bytes);
        }
        Ok(discovery)
    }

    /// The compact JSON of a document; nothing where its group is not served.
    pub fn json(&self, topic: Topic) -> Option<&Bytes> {
        self.json.get(&topic)
    }

    /// A document in any format, of the offer it was built from.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn encode(
        &self,
        topic: Topic,
        offer: &Offer<'_>,
        format: Format,
    ) -> serde_json::Result<Bytes> {
        let address = self.server_address.as_str();
        let bytes = match topic {
            Topic::Groups => wire::group_list(self.served, address).encode(format),
            Topic::Group(group) => wire::group(group).encode(format),
            Topic::Resources(version) => wire::resource_list(version, offer).encode(format),
            Topic::Aggregated(version) => {
                wire::aggregated_discovery(self.served, offer, version).encode(format)
            }
        };
        Ok(bytes?.into())
    }

    /// What changes when the document does; only aggregated ones have it.
    pub fn tag(&self, topic: Topic) -> Option<&str> {
        self.tags.get(&topic).map(String::as_str)
    }
}

fn tag(bytes: &Bytes) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:016X}\"", hasher.finish())
}

fn topics(served: Served) -> impl Iterator<Item = Topic> {
    let root = [
        Topic::Groups,
        Topic::Aggregated(DiscoveryVersion::V2),
        Topic::Aggregated(DiscoveryVersion::V2Beta1),
    ];
    let of_group = |group: Group| {
        let versions = group.versions().iter().copied();
        std::iter::once(Topic::Group(group)).chain(versions.map(Topic::Resources))
    };
    root.into_iter().chain(served.groups().flat_map(of_group))
}

#[cfg(test)]
mod tests {
    use custom_metrics_core::registry::Registry;

    use super::*;

    fn discovery(served: Served) -> Discovery {
        let offer = Offer {
            custom: &Registry::default(),
            external: vec![],
        };
        Discovery::build(served, &offer, ":443").unwrap()
    }

    #[test]
    fn a_group_that_is_not_served_has_no_documents() {
        let external = Served {
            external: true,
            ..Served::default()
        };
        let discovery = discovery(external);
        let has = |topic| discovery.json(topic).is_some();
        assert!(has(Topic::Groups) && has(Topic::Group(Group::External)));
        assert!(has(Topic::Resources(GroupVersion::ExternalV1Beta1)));
        assert!(!has(Topic::Group(Group::Custom)));
        assert!(!has(Topic::Resources(GroupVersion::ResourceV1Beta1)));
    }

    #[test]
    fn equal_offers_give_equal_tags_and_others_give_others() {
        let custom = Served {
            custom: true,
            ..Served::default()
        };
        let topic = Topic::Aggregated(DiscoveryVersion::V2);
        let tag = |served| discovery(served).tag(topic).unwrap().to_owned();
        assert_eq!(tag(custom), tag(custom));
        assert_ne!(tag(custom), tag(Served::default()));
    }
}
