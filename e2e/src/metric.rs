//! Reads `custom.metrics.k8s.io` the way the HPA controller does, through kube-apiserver.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use kube::core::Status;
use serde_json::Value;

use crate::answer::Answer;
use crate::cluster::Cluster;
use crate::names::METRIC;

/// Thousandths of a request per second.
pub type Milli = i64;

/// The path of a metric of pods. `name` is a pod's name or `*`; `query` is empty or starts with `?`.
pub fn path(namespace: &str, name: &str, metric: &str, query: &str) -> String {
    format!(
        "/apis/custom.metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/{name}/{metric}{query}"
    )
}

/// Asks for [`METRIC`].
pub async fn get(cluster: &Cluster, namespace: &str, name: &str, query: &str) -> Result<Answer> {
    cluster.get(&path(namespace, name, METRIC, query)).await
}

/// The value of each pod that the answer lists.
pub fn values(answer: &Answer) -> Result<BTreeMap<String, Milli>> {
    let list = answer.json()?;
    ensure!(
        list["kind"] == "MetricValueList",
        "GET {} gave {list}",
        answer.path
    );
    let items = list["items"]
        .as_array()
        .with_context(|| format!("no items in {list}"))?;
    let mut values = BTreeMap::new();
    for item in items {
        let object = &item["describedObject"];
        ensure!(object["kind"] == "Pod", "{item} describes no pod");
        ensure!(item["metricName"] == METRIC, "{item} is not {METRIC}");
        let pod = object["name"]
            .as_str()
            .with_context(|| format!("no name in {item}"))?;
        let value = milli(&item["value"]).with_context(|| format!("in {item}"))?;
        ensure!(
            values.insert(pod.to_owned(), value).is_none(),
            "{pod} is listed twice in {list}"
        );
    }
    Ok(values)
}

/// The reason that follows upstream's `words`, which people's alerts know.
pub fn reason<'a>(status: &'a Status, words: &str) -> Result<&'a str> {
    let reason = status
        .message
        .strip_prefix(words)
        .and_then(|rest| rest.strip_prefix(": "));
    let reason =
        reason.with_context(|| format!("{:?} is not {words:?} and a reason", status.message))?;
    ensure!(!reason.is_empty(), "{:?} gives no reason", status.message);
    Ok(reason)
}

/// A quantity as the API writes it: a decimal number, maybe with one of its suffixes.
pub fn milli(quantity: &Value) -> Result<Milli> {
    let text = quantity
        .as_str()
        .with_context(|| format!("{quantity} is not a quantity"))?;
    let (digits, factor) = match text.char_indices().next_back() {
        Some((end, 'm')) => (&text[..end], 1),
        Some((end, 'k')) => (&text[..end], 1_000_000),
        Some((end, 'M')) => (&text[..end], 1_000_000_000),
        _ => (text, 1000),
    };
    let number: i64 = digits
        .parse()
        .with_context(|| format!("{text:?} is not a quantity"))?;
    number
        .checked_mul(factor)
        .with_context(|| format!("{text} is beyond any request rate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_thousandths() {
        let read = |text: &str| milli(&Value::from(text)).unwrap();
        assert_eq!(read("0"), 0);
        assert_eq!(read("16m"), 16);
        assert_eq!(read("10"), 10_000);
        assert_eq!(read("2k"), 2_000_000);
        assert!(milli(&Value::from("")).is_err());
        assert!(milli(&Value::from("10q")).is_err());
    }
}
