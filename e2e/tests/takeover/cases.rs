//! One HPA per way to name a metric, what it scales, and the count that the arithmetic gives.
//! The numbers behind them are those of `fixtures/prometheus/rules.yml`.

use serde_json::{Value, json};

use crate::stage::SHOP;

/// No HPA of these tests makes more pods than this.
pub(crate) const MOST: i32 = 8;

/// Average CPU per pod that the two HPAs by CPU aim at, in thousandths of a core.
pub(crate) const CPU_TARGET: i64 = 20;

/// The two HPAs by CPU; their targets come with `fixtures/shop/burning.yaml`.
pub(crate) const BY_CPU: [&str; 2] = ["cpu", "cpu-of-container"];

/// An HPA whose count is known beforehand.
pub(crate) struct Case {
    /// Of the HPA and of its target.
    pub(crate) name: &'static str,
    pub(crate) metrics: Value,
    pub(crate) replicas: i32,
}

/// The same HPAs with three sets of targets, so that each round has somewhere to go, up and down.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Round {
    First,
    Second,
    Third,
}

/// The HPAs of a round. Each row: what one pod is to bear in each round, and how many pods then bear all of it.
pub(crate) fn cases(round: Round) -> Vec<Case> {
    let queue = ("shop.example.com/v1", "Queue", "orders");
    let service = ("v1", "Service", "checkout");
    let namespace = ("v1", "Namespace", SHOP);
    let mail = json!({"matchLabels": {"topic": "mail"}});
    let some = json!({"matchExpressions": [
        {"key": "topic", "operator": "In", "values": ["mail", "fax"]}]});
    let all = Value::Null;
    let case = |name, metrics: &dyn Fn(&str) -> Value, rows: [(&str, i32); 3]| {
        let (target, replicas) = match round {
            Round::First => rows[0],
            Round::Second => rows[1],
            Round::Third => rows[2],
        };
        Case {
            name,
            metrics: metrics(target),
            replicas,
        }
    };
    vec![
        // 40 items of work in all.
        case("pods", &pods, [("10", 4), ("20", 2), ("13500m", 3)]),
        // 60.
        case(
            "service",
            &|target| object(service, "checkout_requests_open", target),
            [("20", 3), ("30", 2), ("15", 4)],
        ),
        // 42.
        case(
            "queue",
            &|target| object(queue, "orders_waiting", target),
            [("21", 2), ("14", 3), ("40", 2)],
        ),
        // 20 of the two topics' 50.
        case(
            "external-some",
            &|target| external("queue_depth", &some, target),
            [("10", 2), ("5", 4), ("7", 3)],
        ),
        // 20 + 30 of this namespace, and nothing of another's 5000.
        case(
            "external-all",
            &|target| external("queue_depth", &all, target),
            [("10", 5), ("25", 2), ("13", 4)],
        ),
        // 1.5 + 0.25 of no namespace.
        case(
            "visitors",
            &|target| external("site_visitors", &all, target),
            [("900m", 2), ("600m", 3), ("500m", 4)],
        ),
        // 33 and 20; the larger count wins.
        case(
            "two",
            &|target| {
                both(
                    object(namespace, "baskets_open", target),
                    external("queue_depth", &mail, "10"),
                )
            },
            [("11", 3), ("33", 2), ("8", 5)],
        ),
    ]
}

/// The HPA of one target of the same name.
pub(crate) fn hpa(name: &str, metrics: &Value) -> Value {
    // Down at once: what these tests look at is the number, not the patience.
    json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": SHOP, "labels": e2e::namespace::labels()},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 1,
            "maxReplicas": MOST,
            "metrics": metrics,
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        },
    })
}

/// The metric of one of [`BY_CPU`]: as a share of what a pod requests, and of one container.
pub(crate) fn by_cpu(name: &str) -> Value {
    if name == "cpu" {
        // Of a request of 20m.
        json!([{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 100}}}])
    } else {
        json!([{"type": "ContainerResource", "containerResource": {
            "name": "cpu", "container": "workload",
            "target": {"type": "AverageValue", "averageValue": format!("{CPU_TARGET}m")}}}])
    }
}

type Described = (&'static str, &'static str, &'static str);

fn pods(average: &str) -> Value {
    json!([{"type": "Pods", "pods": {
        "metric": {"name": "work_items"},
        "target": {"type": "AverageValue", "averageValue": average}}}])
}

fn object((version, kind, name): Described, metric: &str, average: &str) -> Value {
    json!([{"type": "Object", "object": {
        "describedObject": {"apiVersion": version, "kind": kind, "name": name},
        "metric": {"name": metric},
        "target": {"type": "AverageValue", "averageValue": average}}}])
}

fn external(metric: &str, selector: &Value, average: &str) -> Value {
    json!([{"type": "External", "external": {
        "metric": {"name": metric, "selector": selector},
        "target": {"type": "AverageValue", "averageValue": average}}}])
}

fn both(one: Value, other: Value) -> Value {
    let lists = [one, other].map(|list| list.as_array().cloned().unwrap_or_default());
    lists.concat().into()
}
