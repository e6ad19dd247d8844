//! A body without what differs between two right answers: the moment, and the port. Pure.

use jiff::Timestamp;
use serde_json::Value;

/// Between the two answers of a request lie seconds; what is older is another moment.
const NOW_SECONDS: i64 = 120;
const MOMENTS: [&str; 2] = ["timestamp", "creationTimestamp"];
pub fn form(body: Value, now: Timestamp) -> Value {
    match body {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let value = if MOMENTS.contains(&key.as_str()) {
                    moment(value, now)
                } else if key == "serverAddress" {
                    address(value)
                } else {
                    form(value, now)
                };
                (key, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| form(item, now)).collect(),
        other => other,
    }
}

/// Moments of this request are all alike, in whole seconds; others stay what they are.
fn moment(value: Value, now: Timestamp) -> Value {
    let is_now = value
        .as_str()
        .filter(|text| text.len() == "2026-11-22T08:00:00Z".len())
        .and_then(|text| text.parse::<Timestamp>().ok())
        .is_some_and(|moment| (moment.as_second() - now.as_second()).abs() <= NOW_SECONDS);
    if is_now { Value::from("now") } else { value }
}

/// A port that was free when the server started.
fn address(value: Value) -> Value {
    let is_port = value
        .as_str()
        .and_then(|text| text.strip_prefix(':'))
        .is_some_and(|port| port.parse::<u16>().is_ok());
    if is_port { Value::from(":port") } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_moments_of_this_request_are_alike() {
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
        let normal = |text: &str| form(json!({"timestamp": text}), now)["timestamp"].clone();
        assert_eq!(normal("2026-11-22T08:00:59Z"), "now");
        assert_eq!(normal("2026-11-22T07:58:30Z"), "now");
        assert_eq!(normal("2026-11-22T07:50:00Z"), "2026-11-22T07:50:00Z");
        assert_eq!(normal("2026-11-22T08:00:00.5Z"), "2026-11-22T08:00:00.5Z");
        assert_eq!(
            form(json!({"timestamp": null}), now),
            json!({"timestamp": null})
        );
    }

    #[test]
    fn a_port_is_as_good_as_another() {
        let normal = |text: &str| form(json!({"serverAddress": text}), Timestamp::UNIX_EPOCH);
        assert_eq!(normal(":443"), normal(":16443"));
        assert_ne!(normal(":443"), normal("10.0.0.1:443"));
        assert_ne!(normal(":443"), normal(""));
    }
}
