//! Asks the stack's Prometheus through kube-apiserver's Service proxy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::cluster::Cluster;

const PROXY: &str = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy";

/// One active target of a scrape job.
#[derive(Debug)]
pub struct Target {
    /// Label `pod`; empty where there is none.
    pub pod: String,
    pub job: String,
    /// As Prometheus prints it: `5s`.
    pub interval: String,
    /// `up`, `down` or `unknown` (not scraped yet).
    pub health: String,
}

/// The active targets of one job.
pub async fn targets(cluster: &Cluster, job: &str) -> Result<Vec<Target>> {
    let answer = cluster
        .get(&format!(
            "{PROXY}/api/v1/targets?state=active&scrapePool={job}"
        ))
        .await?
        .json()?;
    ensure!(answer["status"] == "success", "Prometheus says {answer}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let targets = answer["data"]["activeTargets"]
        .as_array()
        .with_context(|| format!("no targets in {answer}"))?;
    Ok(targets
        .iter()
        .map(|target| Target {
            pod: text(&target["labels"]["pod"]),
            job: text(&target["labels"]["job"]),
            interval: text(&target["scrapeInterval"]),
            health: text(&target["health"]),
        })
        .collect())
}

/// The value per pod of an instant query.
pub async fn by_pod(cluster: &Cluster, query: &str) -> Result<BTreeMap<String, f64>> {
    let encoded = encode(query);
    let answer = cluster
        .get(&format!("{PROXY}/api/v1/query?query={encoded}"))
        .await?
        .json()?;
    let rows = answer["data"]["result"]
        .as_array()
        .with_context(|| format!("no result in {answer}"))?;
    rows.iter()
        .map(|row| {
            let pod = row["metric"]["pod"]
                .as_str()
                .with_context(|| format!("no pod in {row}"))?;
            let value = row["value"][1]
                .as_str()
                .with_context(|| format!("no value in {row}"))?;
            Ok((pod.to_owned(), value.parse()?))
        })
        .collect()
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encode(query: &str) -> String {
    query.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // A String takes whatever is written to it.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn a_query_survives_the_address() {
        assert_eq!(
            encode("rate(a_total{b=\"c\"}[1m])"),
            "rate%28a_total%7Bb%3D%22c%22%7D%5B1m%5D%29"
        );
    }
}
