//! The answer of the adapter in charge, read from JSON as an autoscaler's controller reads it.

use custom_metrics_core::hpa::compare::Reading;
use custom_metrics_core::hpa::milli::milli;
use custom_metrics_core::hpa::pods::Values;
use custom_metrics_core::hpa::{Metric, Source};
use serde_json::Value;

/// # Errors
/// What the controller would say of such an answer.
pub(super) fn reading(metric: &Metric, list: &Value) -> Result<Reading, String> {
    let items = list
        .get("items")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    match &metric.source {
        Source::Pods { .. } => {
            if items.is_empty() {
                return Err("no metrics returned from custom metrics API".to_owned());
            }
            let pods = items.iter().map(|item| {
                let name = item
                    .pointer("/describedObject/name")
                    .and_then(Value::as_str);
                Ok((
                    name.unwrap_or_default().to_owned(),
                    quantity(item.get("value"))?,
                ))
            });
            pods.collect::<Result<Values, String>>().map(Reading::Pods)
        }
        Source::Object { .. } if !metric.accepts_rows(items.len()) => Err(format!(
            "the custom metrics API server returned {} results when we asked for exactly one",
            items.len()
        )),
        Source::External { .. } if items.is_empty() => {
            Err("no metrics returned from external metrics API".to_owned())
        }
        Source::Object { .. } | Source::External { .. } => {
            let rows = items.iter().map(|item| quantity(item.get("value")));
            rows.collect::<Result<Vec<i64>, String>>()
                .map(Reading::Rows)
        }
        Source::Resource {
            resource,
            container,
        } => usage(items, resource, container.as_deref()),
    }
}

/// A pod without the resource in every container counts as missing.
fn usage(items: &[Value], resource: &str, container: Option<&str>) -> Result<Reading, String> {
    if items.is_empty() {
        return Err("no metrics returned from resource metrics API".to_owned());
    }
    let mut pods = Values::new();
    for item in items {
        let name = item
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let containers = item.get("containers").and_then(Value::as_array);
        let mut usage = vec![];
        for one in containers.into_iter().flatten() {
            if container.is_none_or(|wanted| one["name"] == wanted) {
                usage.push(one.pointer(&format!("/usage/{resource}")));
            }
        }
        if usage.is_empty() || usage.iter().any(Option::is_none) {
            continue;
        }
        let usage = usage
            .into_iter()
            .map(quantity)
            .sum::<Result<i64, String>>()?;
        pods.insert(name.to_owned(), usage);
    }
    Ok(Reading::Pods(pods))
}

fn quantity(value: Option<&Value>) -> Result<i64, String> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    milli(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use custom_metrics_core::hpa::Hpa;
    use serde_json::json;

    use super::*;

    fn metric(kind: &str) -> Metric {
        let part = json!({
            "metric": {"name": "m"},
            "name": "cpu",
            "container": "app",
            "target": {"type": "Value", "value": "1", "averageValue": "1"},
        });
        let field = format!("{}{}", kind[..1].to_lowercase(), &kind[1..]);
        let object = json!({
            "metadata": {"name": "web"},
            "spec": {"maxReplicas": 2, "metrics": [{"type": kind, field: part}]},
        });
        Hpa::read(object, "default").unwrap().metrics.remove(0)
    }

    fn pods(values: &[(&str, i64)]) -> Reading {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value));
        Reading::Pods(values.collect())
    }

    #[test]
    fn values_of_pods_are_read_by_name() {
        let list = json!({"items": [
            {"describedObject": {"name": "a"}, "value": "1500m"},
            {"describedObject": {"name": "b"}, "value": "2k"},
        ]});
        let expected = pods(&[("a", 1500), ("b", 2_000_000)]);
        assert_eq!(reading(&metric("Pods"), &list), Ok(expected));
    }

    #[test]
    fn an_empty_list_is_what_the_controller_calls_it() {
        for (kind, words) in [
            ("Pods", "no metrics returned from custom metrics API"),
            (
                "Object",
                "the custom metrics API server returned 0 results when we asked for exactly one",
            ),
            ("External", "no metrics returned from external metrics API"),
            ("Resource", "no metrics returned from resource metrics API"),
        ] {
            let error = reading(&metric(kind), &json!({"items": []})).unwrap_err();
            assert_eq!(error, words);
        }
    }

    #[test]
    fn the_smallest_number_of_the_rival_is_read_as_it_is() {
        let list = json!({"items": [{"value": "-9223372036854775808m"}]});
        assert_eq!(
            reading(&metric("External"), &list),
            Ok(Reading::Rows(vec![i64::MIN]))
        );
    }

    #[test]
    fn usage_is_summed_over_containers_or_taken_of_one() {
        let container =
            |name: &str, cpu: &str| json!({"name": name, "usage": {"cpu": cpu, "memory": "1Mi"}});
        let list = json!({"items": [
            {"metadata": {"name": "a"}, "containers": [container("app", "250m"), container("proxy", "1")]},
            {"metadata": {"name": "b"}, "containers": [{"name": "app", "usage": {"memory": "1Mi"}}]},
        ]});
        assert_eq!(
            reading(&metric("Resource"), &list),
            Ok(pods(&[("a", 1250)]))
        );
        assert_eq!(
            reading(&metric("ContainerResource"), &list),
            Ok(pods(&[("a", 250)]))
        );
    }
}
