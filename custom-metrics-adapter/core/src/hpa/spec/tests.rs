use rstest::rstest;

use super::*;

fn read(spec: &str) -> Result<Hpa, String> {
    let text = format!(
        "{{apiVersion: autoscaling/v2, metadata: {{name: web}}, spec: {{maxReplicas: 9, {spec}}}}}"
    );
    let object: Value = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
    Hpa::read(object, "shop").map_err(|error| error.to_string())
}

fn metric(metric: &str) -> Result<Metric, String> {
    read(&format!("metrics: [{metric}]")).map(|hpa| hpa.metrics[0].clone())
}

#[test]
fn a_manifest_without_a_namespace_belongs_to_the_given_one() {
    let hpa = read("scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}").unwrap();
    assert_eq!((hpa.namespace.as_str(), hpa.name.as_str()), ("shop", "web"));
    assert_eq!(hpa.target.group, "apps");
    assert_eq!(hpa.bounds, Bounds { min: 1, max: 9 });
    assert_eq!(hpa.tolerance, Tolerance::default());
}

#[test]
fn without_metrics_the_cpu_is_meant() {
    assert_eq!(read("").unwrap().metrics[0].target, Target::Utilization(80));
    let v1 = read("targetCPUUtilizationPercentage: 50").unwrap();
    assert_eq!(v1.metrics[0].target, Target::Utilization(50));
    assert_eq!(v1.metrics[0].kind(), "Resource");
}

#[test]
fn a_tolerance_of_its_own_counts_in_its_direction_only() {
    let hpa = read("behavior: {scaleUp: {tolerance: 0.05}}").unwrap();
    assert_eq!(
        hpa.tolerance,
        Tolerance {
            up: 0.05,
            down: 0.1
        }
    );
    let hpa = read("behavior: {scaleDown: {tolerance: 50m}}").unwrap();
    assert_eq!(
        hpa.tolerance,
        Tolerance {
            up: 0.1,
            down: 0.05
        }
    );
}

#[rstest]
#[case(
    "{type: Pods, pods: {metric: {name: m}, target: {averageValue: 10000m}}}",
    "Pods",
    Target::AverageValue(10_000)
)]
#[case(
    "{type: Object, object: {metric: {name: m}, describedObject: {kind: Service, name: s}, target: {type: Value, value: 2k}}}",
    "Object",
    Target::Value(2_000_000)
)]
#[case(
    "{type: Object, object: {metric: {name: m}, target: {type: AverageValue, value: 7, averageValue: 1.5}}}",
    "Object",
    Target::AverageValue(1500)
)]
#[case(
    "{type: External, external: {metric: {name: m}, target: {type: Value, value: 30}}}",
    "External",
    Target::Value(30_000)
)]
#[case(
    "{type: External, external: {metric: {name: m}, target: {value: 30, averageValue: 3}}}",
    "External",
    Target::AverageValue(3000)
)]
#[case(
    "{type: Resource, resource: {name: cpu, target: {averageUtilization: 70}}}",
    "Resource",
    Target::Utilization(70)
)]
#[case(
    "{type: ContainerResource, containerResource: {name: memory, container: app, target: {averageValue: 1Gi}}}",
    "ContainerResource",
    Target::AverageValue(1_073_741_824_000)
)]
fn every_kind_of_metric_is_read_with_the_target_its_controller_uses(
    #[case] text: &str,
    #[case] kind: &str,
    #[case] target: Target,
) {
    let metric = metric(text).unwrap();
    assert_eq!((metric.kind(), metric.target), (kind, target));
}

#[test]
fn a_label_selector_becomes_its_canonical_text() {
    let text = "{type: External, external: {metric: {name: m, selector: {matchLabels: {z: '1', a: x}, \
                matchExpressions: [{key: q, operator: In, values: [d, c]}, {key: gone, operator: DoesNotExist}]}}, \
                target: {value: 1}}}";
    let Source::External { selector, .. } = metric(text).unwrap().source else {
        panic!("not external");
    };
    assert_eq!(selector.to_string(), "a=x,!gone,q in (c,d),z=1");
}

#[rstest]
#[case("{type: Pod}", r#"spec.metrics[0].type: "Pod" is none of Pods, Object, External, Resource or ContainerResource"#)]
#[case(
    "{type: Pods, object: {}}",
    "spec.metrics[0].pods: is missing for type Pods"
)]
#[case(
    "{type: Pods, pods: {target: {averageValue: 1}}}",
    "spec.metrics[0].pods.metric.name: metric name \"\" is empty"
)]
#[case(
    "{type: Pods, pods: {metric: {name: m}, target: {value: 1}}}",
    "spec.metrics[0].pods.target: has no averageValue"
)]
#[case(
    "{type: Pods, pods: {metric: {name: m}, target: {averageValue: 0}}}",
    "spec.metrics[0].pods.target.averageValue: 0 is not above 0"
)]
#[case(
    "{type: Pods, pods: {metric: {name: m}, target: {averageValue: ten}}}",
    "spec.metrics[0].pods.target.averageValue: \"ten\" is no quantity an autoscaler can read, such as 10, 1500m or 2Gi"
)]
#[case(
    "{type: Object, object: {metric: {name: m}, target: {value: 1}}}",
    "spec.metrics[0].object.target: has no type Value with value, or type AverageValue with averageValue"
)]
#[case(
    "{type: External, external: {metric: {name: m, selector: {matchExpressions: [{key: a, operator: Gt}]}}, target: {value: 1}}}",
    "spec.metrics[0].external.metric.selector: \"Gt\" is not a valid label selector operator"
)]
fn an_error_names_object_field_and_problem(#[case] text: &str, #[case] message: &str) {
    let expected = format!("HorizontalPodAutoscaler shop/web: {message}");
    assert_eq!(metric(text).unwrap_err(), expected);
}

#[test]
fn the_version_with_other_names_is_refused() {
    let object =
        serde_json::json!({"apiVersion": "autoscaling/v2beta1", "metadata": {"name": "a"}});
    let error = Hpa::read(object, "default").unwrap_err();
    assert_eq!(error.field, "apiVersion");
}
