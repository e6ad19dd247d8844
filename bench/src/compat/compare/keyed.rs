//! Lists read as maps, by what tells their entries apart: a lost entry is then one difference, in a
//! place of its own. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

/// A list as a map.
#[derive(Debug)]
pub struct Keyed<'a> {
    pub entries: BTreeMap<String, &'a Value>,
    /// The keys in their order, where that means something.
    order: Option<Vec<String>>,
}

impl<'a> Keyed<'a> {
    /// The list called `name`; `None` when its entries have no keys, or two have the same.
    pub fn of(name: &str, list: &'a [Value]) -> Option<Self> {
        let mut entries = BTreeMap::new();
        let mut order = Vec::new();
        let mut ordered = false;
        for item in list {
            let key = key(name, item)?;
            ordered |= key.ordered;
            order.push(key.text.clone());
            if entries.insert(key.text, item).is_some() {
                return None;
            }
        }
        Some(Self {
            entries,
            order: ordered.then_some(order),
        })
    }

    /// The keys that `other` has too, as one text; empty where order means nothing.
    pub fn order(&self, other: &Self) -> String {
        let keys = self.order.iter().flatten();
        let common: Vec<&str> = keys
            .filter(|key| other.entries.contains_key(*key))
            .map(String::as_str)
            .collect();
        common.join(" ")
    }
}

struct Key {
    text: String,
    ordered: bool,
}

fn key(list: &str, item: &Value) -> Option<Key> {
    let text = |place: &str| item.pointer(place).and_then(Value::as_str);
    let unordered = |text: &str| Key {
        text: text.to_owned(),
        ordered: false,
    };
    // Nodes and other objects without a namespace have their name alone.
    let object = |place: &str| {
        let name = text(&format!("{place}/name"))?;
        let namespace = text(&format!("{place}/namespace"));
        Some(Key {
            text: namespace.map_or_else(|| name.to_owned(), |outer| format!("{outer}/{name}")),
            ordered: true,
        })
    };
    match list {
        // Discovery, which the rival reads out of a map; plain and aggregated.
        "resources" => text("/resource").or_else(|| text("/name")).map(unordered),
        "subresources" => text("/subresource").map(unordered),
        "items" if item.get("versions").is_some() => text("/metadata/name").map(unordered),
        "versions" => text("/version").map(unordered),
        // What a server serves.
        "paths" => text("").map(unordered),
        // Groups, and containers of a pod, likewise out of a map.
        "groups" | "containers" => text("/name").map(unordered),
        "matchExpressions" => Some(unordered(&format!(
            "{} {}",
            text("/key")?,
            text("/operator")?
        ))),
        // Values and uses; rows of external metrics have nothing that tells them apart.
        "items" if item.get("describedObject").is_some() => object("/describedObject"),
        "items" => object("/metadata"),
        "rows" => object("/object/metadata"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(name: &str, list: &Value) -> Option<Vec<String>> {
        Some(
            Keyed::of(name, list.as_array()?)?
                .entries
                .into_keys()
                .collect(),
        )
    }

    #[test]
    fn entries_go_by_what_tells_them_apart() {
        for (name, list, expected) in [
            (
                "resources",
                json!([{"name": "b"}, {"name": "a"}]),
                vec!["a", "b"],
            ),
            ("resources", json!([{"resource": "pods"}]), vec!["pods"]),
            (
                "items",
                json!([{"metadata": {"name": "g"}, "versions": []}]),
                vec!["g"],
            ),
            ("paths", json!(["/b", "/a"]), vec!["/a", "/b"]),
            (
                "matchExpressions",
                json!([{"key": "k", "operator": "In"}]),
                vec!["k In"],
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(keys(name, &list), Some(expected), "{name}");
        }
    }

    #[test]
    fn nothing_is_there_twice_and_rows_without_a_name_have_no_key() {
        assert_eq!(keys("items", &json!([{"value": "1"}])), None);
        assert_eq!(
            keys("resources", &json!([{"name": "a"}, {"name": "a"}])),
            None
        );
        assert_eq!(keys("resources", &json!([{"name": 1}])), None);
    }

    #[test]
    fn the_order_of_objects_counts_and_that_of_discovery_does_not() {
        let orders = |name: &str, a: &Value, b: &Value| {
            let list = |list: &Value| list.as_array().cloned().expect("a list");
            let (a, b) = (list(a), list(b));
            let (a, b) = (
                Keyed::of(name, &a).expect("keys"),
                Keyed::of(name, &b).expect("keys"),
            );
            (a.order(&b), b.order(&a))
        };
        let pod = |name: &str| json!({"metadata": {"name": name}});
        let (a, b) = orders(
            "items",
            &json!([pod("x"), pod("y"), pod("z")]),
            &json!([pod("z"), pod("x")]),
        );
        assert_eq!((a.as_str(), b.as_str()), ("x z", "z x"));
        let (a, b) = orders("paths", &json!(["a", "b"]), &json!(["b", "a"]));
        assert_eq!(a, b);
    }
}
