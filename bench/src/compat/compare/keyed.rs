//! Lists whose order means nothing, read as maps by what tells their entries apart: a lost entry is
//! then one difference, in a place of its own. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

/// The entries of the list called `name`; `None` when its order counts, or two of its entries have
/// one key.
pub fn entries<'a>(name: &str, list: &'a [Value]) -> Option<BTreeMap<String, &'a Value>> {
    let mut entries = BTreeMap::new();
    for item in list {
        if entries.insert(key(name, item)?, item).is_some() {
            return None;
        }
    }
    Some(entries)
}

fn key(list: &str, item: &Value) -> Option<String> {
    let fields: &[&str] = match list {
        // Discovery, which the rival reads out of a map; plain and aggregated.
        "resources" if item.get("resource").is_some() => &["/resource"],
        "resources" | "groups" => &["/name"],
        "subresources" => &["/subresource"],
        "items" if item.get("versions").is_some() => &["/metadata/name"],
        "versions" => &["/version"],
        // What a server serves.
        "paths" => &[""],
        // Containers of a pod, likewise out of a map.
        "containers" => &["/name"],
        "matchExpressions" => &["/key", "/operator"],
        _ => return None,
    };
    let words: Option<Vec<&str>> = fields
        .iter()
        .map(|field| item.pointer(field)?.as_str())
        .collect();
    words.map(|words| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(name: &str, list: &Value) -> Option<Vec<String>> {
        Some(entries(name, list.as_array()?)?.into_keys().collect())
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
    fn values_keep_their_order_and_nothing_is_there_twice() {
        assert_eq!(keys("items", &json!([{"value": "1"}])), None);
        assert_eq!(
            keys("resources", &json!([{"name": "a"}, {"name": "a"}])),
            None
        );
        assert_eq!(keys("resources", &json!([{"name": 1}])), None);
    }
}
