//! From the shapes of a manifest to what an autoscaler wants.

use super::{
    super::{Bounds, Tolerance, float, milli::milli, shape},
    Hpa, Metric, Reference, Source, Target,
};
use crate::{
    ids::{MetricName, Namespace, ObjectName},
    selector::{Operator, Requirement, Selector},
};

/// A field and what is wrong with it.
pub(super) type Wrong = (String, String);

/// Percent of the requested cpu that an autoscaler without metrics aims at.
const DEFAULT_CPU: u32 = 80;

pub(super) fn read(object: shape::Object, namespace: &str) -> Result<Hpa, Wrong> {
    let shape::Object {
        api_version,
        metadata,
        spec,
    } = object;
    if api_version.as_deref() == Some("autoscaling/v2beta1") {
        let problem = "autoscaling/v2beta1 is not read; convert it to autoscaling/v2";
        return Err(("apiVersion".to_owned(), problem.to_owned()));
    }
    let namespace = metadata.namespace.as_deref().unwrap_or(namespace);
    let behavior = spec.behavior.unwrap_or_default();
    let default = Tolerance::default();
    let tolerance =
        |field, rules, default| tolerance(field, rules).map(|own| own.unwrap_or(default));
    let mut metrics = vec![];
    for (index, metric) in spec.metrics.unwrap_or_default().into_iter().enumerate() {
        let place = format!("spec.metrics[{index}]");
        metrics.push(
            read_metric(metric).map_err(|(field, problem)| (format!("{place}{field}"), problem))?,
        );
    }
    if metrics.is_empty() {
        let percent = spec
            .target_cpu
            .and_then(|percent| u32::try_from(percent).ok());
        metrics.push(Metric {
            source: Source::Resource {
                resource: "cpu".to_owned(),
                container: None,
            },
            target: Target::Utilization(percent.unwrap_or(DEFAULT_CPU)),
        });
    }
    Ok(Hpa {
        namespace: named("metadata.namespace", Namespace::new(namespace))?,
        name: named("metadata.name", ObjectName::new(metadata.name))?,
        target: reference(spec.scale_target_ref),
        bounds: Bounds {
            min: spec.min_replicas.unwrap_or(1),
            max: spec.max_replicas,
        },
        tolerance: Tolerance {
            down: tolerance("scaleDown", behavior.scale_down, default.down)?,
            up: tolerance("scaleUp", behavior.scale_up, default.up)?,
        },
        metrics,
    })
}

fn tolerance(field: &str, rules: Option<shape::Rules>) -> Result<Option<f64>, Wrong> {
    let Some(number) = rules.and_then(|rules| rules.tolerance) else {
        return Ok(None);
    };
    let milli = quantity(&format!("spec.behavior.{field}.tolerance"), &number)?;
    Ok(Some(float(milli) / 1000.0))
}

fn read_metric(metric: shape::Metric) -> Result<Metric, Wrong> {
    let shape::Metric {
        kind,
        pods,
        object,
        external,
        resource,
        container_resource,
    } = metric;
    let (field, part) = match kind.as_str() {
        "Pods" => ("pods", pods),
        "Object" => ("object", object),
        "External" => ("external", external),
        "Resource" => ("resource", resource),
        "ContainerResource" => ("containerResource", container_resource),
        _ => {
            let known = "Pods, Object, External, Resource or ContainerResource";
            return Err((".type".to_owned(), format!("{kind:?} is none of {known}")));
        }
    };
    let part = part.ok_or_else(|| (format!(".{field}"), format!("is missing for type {kind}")))?;
    source(field, part).map_err(|(below, problem)| (format!(".{field}.{below}"), problem))
}

fn source(kind: &str, part: shape::Part) -> Result<Metric, Wrong> {
    let shape::Part {
        metric,
        described_object,
        name,
        container,
        target,
    } = part;
    if matches!(kind, "resource" | "containerResource") {
        let source = Source::Resource {
            resource: name,
            container: (kind == "containerResource").then_some(container),
        };
        let target = first(
            [
                average(&target)?,
                target.average_utilization.map(Target::Utilization),
            ],
            "averageUtilization or averageValue",
        )?;
        return Ok(Metric { source, target });
    }
    let selector = match metric.selector {
        Some(selector) => read_selector(selector)?,
        None => Selector::default(),
    };
    let metric = named("metric.name", MetricName::new(metric.name))?;
    let (source, target) = match kind {
        "pods" => (
            Source::Pods { metric, selector },
            first([average(&target)?], "averageValue")?,
        ),
        // The controller looks at the type of an object's target, and at what is set of an external one.
        "object" => (
            Source::Object {
                described: reference(described_object),
                metric,
                selector,
            },
            first(
                [
                    value(&target)?.filter(|_| target.kind == "Value"),
                    average(&target)?.filter(|_| target.kind == "AverageValue"),
                ],
                "type Value with value, or type AverageValue with averageValue",
            )?,
        ),
        _ => (
            Source::External { metric, selector },
            first(
                [average(&target)?, value(&target)?],
                "averageValue or value",
            )?,
        ),
    };
    Ok(Metric { source, target })
}

fn first<const N: usize>(targets: [Option<Target>; N], wanted: &str) -> Result<Target, Wrong> {
    let target = targets.into_iter().flatten().next();
    target.ok_or_else(|| ("target".to_owned(), format!("has no {wanted}")))
}

fn value(target: &shape::Target) -> Result<Option<Target>, Wrong> {
    let number = target.value.as_ref();
    let milli = number.map(|number| positive("target.value", number));
    Ok(milli.transpose()?.map(Target::Value))
}

fn average(target: &shape::Target) -> Result<Option<Target>, Wrong> {
    let number = target.average_value.as_ref();
    let milli = number.map(|number| positive("target.averageValue", number));
    Ok(milli.transpose()?.map(Target::AverageValue))
}

fn positive(field: &str, number: &shape::Number) -> Result<i64, Wrong> {
    match quantity(field, number)? {
        milli if milli > 0 => Ok(milli),
        _ => Err((field.to_owned(), format!("{number} is not above 0"))),
    }
}

fn quantity(field: &str, number: &shape::Number) -> Result<i64, Wrong> {
    milli(&number.to_string()).map_err(|error| (field.to_owned(), error.to_string()))
}

fn named<T, E: std::fmt::Display>(field: &str, name: Result<T, E>) -> Result<T, Wrong> {
    name.map_err(|error| (field.to_owned(), error.to_string()))
}

fn reference(reference: shape::Reference) -> Reference {
    let shape::Reference {
        api_version,
        kind,
        name,
    } = reference;
    let version = api_version.unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    Reference {
        group: group.to_owned(),
        kind,
        name,
    }
}

/// As `LabelSelectorAsSelector` reads it, in canonical order.
fn read_selector(selector: shape::LabelSelector) -> Result<Selector, Wrong> {
    const FIELD: &str = "metric.selector";
    let wrong = |problem: String| (FIELD.to_owned(), problem);
    let labels = selector.match_labels.unwrap_or_default();
    let mut requirements = vec![];
    for (key, value) in labels {
        requirements.push(Requirement::new(&key, Operator::Equals, vec![value]));
    }
    for expression in selector.match_expressions.unwrap_or_default() {
        let operator = match expression.operator.as_str() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => {
                return Err(wrong(format!(
                    "{other:?} is not a valid label selector operator"
                )));
            }
        };
        let values = expression.values.unwrap_or_default();
        requirements.push(Requirement::new(&expression.key, operator, values));
    }
    let texts: Result<Vec<String>, _> = requirements
        .into_iter()
        .map(|requirement| requirement.map(|requirement| requirement.to_string()))
        .collect();
    let text = texts.map_err(|error| wrong(error.to_string()))?.join(",");
    Selector::parse(&text).map_err(|error| wrong(error.to_string()))
}
