//! `k8s.io/apimachinery`, `meta/v1`, and `k8s.io/api`, `apidiscovery`: what is served.

use super::{
    Kind, Message, always, field,
    meta::{LIST_META, OBJECT_META},
};

static RESOURCE: Message = Message {
    name: "APIResource",
    fields: &[
        always(1, "name", Kind::Text),
        always(2, "namespaced", Kind::Bool),
        always(3, "kind", Kind::Text),
        always(4, "verbs", Kind::Verbs),
        field(5, "shortNames", Kind::Texts),
        always(6, "singularName", Kind::Text),
        field(7, "categories", Kind::Texts),
        field(8, "group", Kind::Text),
        field(9, "version", Kind::Text),
        field(10, "storageVersionHash", Kind::Text),
    ],
};

pub static RESOURCES: Message = Message {
    name: "APIResourceList",
    fields: &[
        always(1, "groupVersion", Kind::Text),
        always(2, "resources", Kind::Many(&RESOURCE)),
    ],
};

static GROUP_VERSION: Message = Message {
    name: "GroupVersionForDiscovery",
    fields: &[
        always(1, "groupVersion", Kind::Text),
        always(2, "version", Kind::Text),
    ],
};

static CLIENT_CIDR: Message = Message {
    name: "ServerAddressByClientCIDR",
    fields: &[
        always(1, "clientCIDR", Kind::Text),
        always(2, "serverAddress", Kind::Text),
    ],
};

pub static GROUP: Message = Message {
    name: "APIGroup",
    fields: &[
        always(1, "name", Kind::Text),
        always(2, "versions", Kind::Many(&GROUP_VERSION)),
        field(3, "preferredVersion", Kind::One(&GROUP_VERSION)),
        field(4, "serverAddressByClientCIDRs", Kind::Many(&CLIENT_CIDR)),
    ],
};

pub static GROUPS: Message = Message {
    name: "APIGroupList",
    fields: &[always(1, "groups", Kind::Many(&GROUP))],
};

static GROUP_VERSION_KIND: Message = Message {
    name: "GroupVersionKind",
    fields: &[
        always(1, "group", Kind::Text),
        always(2, "version", Kind::Text),
        always(3, "kind", Kind::Text),
    ],
};

static SUBRESOURCE_DISCOVERY: Message = Message {
    name: "APISubresourceDiscovery",
    fields: &[
        always(1, "subresource", Kind::Text),
        field(2, "responseKind", Kind::One(&GROUP_VERSION_KIND)),
        field(3, "acceptedTypes", Kind::Many(&GROUP_VERSION_KIND)),
        always(4, "verbs", Kind::Texts),
    ],
};

static RESOURCE_DISCOVERY: Message = Message {
    name: "APIResourceDiscovery",
    fields: &[
        always(1, "resource", Kind::Text),
        field(2, "responseKind", Kind::One(&GROUP_VERSION_KIND)),
        always(3, "scope", Kind::Text),
        always(4, "singularResource", Kind::Text),
        always(5, "verbs", Kind::Texts),
        field(6, "shortNames", Kind::Texts),
        field(7, "categories", Kind::Texts),
        field(8, "subresources", Kind::Many(&SUBRESOURCE_DISCOVERY)),
    ],
};

static VERSION_DISCOVERY: Message = Message {
    name: "APIVersionDiscovery",
    fields: &[
        always(1, "version", Kind::Text),
        field(2, "resources", Kind::Many(&RESOURCE_DISCOVERY)),
        field(3, "freshness", Kind::Text),
    ],
};

static GROUP_DISCOVERY: Message = Message {
    name: "APIGroupDiscovery",
    fields: &[
        always(1, "metadata", Kind::One(&OBJECT_META)),
        field(2, "versions", Kind::Many(&VERSION_DISCOVERY)),
    ],
};

pub static GROUP_DISCOVERIES: Message = Message {
    name: "APIGroupDiscoveryList",
    fields: &[
        always(1, "metadata", Kind::One(&LIST_META)),
        always(2, "items", Kind::Many(&GROUP_DISCOVERY)),
    ],
};
