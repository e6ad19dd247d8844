//! What an autoscaler wants, checked.

use serde_json::Value;

use super::{Bounds, Tolerance, milli::milli, shape};
use crate::{
    ids::{MetricName, Namespace, ObjectName},
    selector::{Operator, Requirement, Selector},
};

/// A `HorizontalPodAutoscaler` of `autoscaling/v2`.
///
/// `v2beta2` has the same shape and is read alike, and so is `v1` as far as its CPU percentage
/// goes. `v2beta1` is refused: it names everything differently.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    pub namespace: Namespace,
    pub name: ObjectName,
    /// What is scaled.
    pub target: Reference,
    pub bounds: Bounds,
    pub tolerance: Tolerance,
    /// In the order of the manifest.
    pub metrics: Vec<Metric>,
}

/// An object, as a manifest refers to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference {
    /// Empty for core.
    pub group: String,
    pub kind: String,
    pub name: String,
}

/// One entry of `spec.metrics`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Metric {
    pub source: Source,
    pub target: Target,
}

/// Where the controller takes the numbers from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// A value of every pod that is scaled.
    Pods {
        metric: MetricName,
        selector: Selector,
    },
    /// One value of one object.
    Object {
        described: Reference,
        metric: MetricName,
        selector: Selector,
    },
    /// The sum of all series.
    External {
        metric: MetricName,
        selector: Selector,
    },
    /// cpu or memory of the pods, all containers or one.
    Resource {
        resource: String,
        container: Option<String>,
    },
}

/// What the controller compares with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// Thousandths, against the whole.
    Value(i64),
    /// Thousandths, per pod.
    AverageValue(i64),
    /// Percent of what the pods request.
    Utilization(u32),
}

impl std::fmt::Display for Target {
    /// As `kubectl get hpa` shows a target: `10`, `1500m (avg)`, `80%`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quantity = crate::quantity::Quantity::from_milli;
        match self {
            Self::Value(milli) => write!(out, "{}", quantity(*milli)),
            Self::AverageValue(milli) => write!(out, "{} (avg)", quantity(*milli)),
            Self::Utilization(percent) => write!(out, "{percent}%"),
        }
    }
}

/// A manifest that its controller could not use either.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("HorizontalPodAutoscaler {namespace}/{name}: {field}: {problem}")]
pub struct HpaError {
    pub namespace: String,
    pub name: String,
    /// Path below the object, such as `spec.metrics[1].pods.metric.name`.
    pub field: String,
    pub problem: String,
}

/// A field and what is wrong with it.
type Wrong = (String, String);

/// Percent of the requested cpu that an autoscaler without metrics aims at.
const DEFAULT_CPU: u32 = 80;

impl Metric {
    /// `Pods`, `Object`, …, as `type` says it.
    pub fn kind(&self) -> &'static str {
        match &self.source {
            Source::Pods { .. } => "Pods",
            Source::Object { .. } => "Object",
            Source::External { .. } => "External",
            Source::Resource {
                container: None, ..
            } => "Resource",
            Source::Resource {
                container: Some(_), ..
            } => "ContainerResource",
        }
    }

    /// The name of the metric or resource.
    pub fn name(&self) -> &str {
        match &self.source {
            Source::Pods { metric, .. }
            | Source::Object { metric, .. }
            | Source::External { metric, .. } => metric.as_str(),
            Source::Resource { resource, .. } => resource,
        }
    }
}

impl Hpa {
    /// Reads an object of any version named above. `namespace` is meant where the object names
    /// none, as with `kubectl apply`.
    ///
    /// # Errors
    /// Names the object and the field that its controller could not use either.
    pub fn read(object: Value, namespace: &str) -> Result<Self, HpaError> {
        let name = |pointer: &str| {
            let text = object.pointer(pointer).and_then(Value::as_str);
            text.map(str::to_owned)
        };
        let blame = HpaError {
            namespace: name("/metadata/namespace").unwrap_or_else(|| namespace.to_owned()),
            name: name("/metadata/name").unwrap_or_default(),
            field: "object".to_owned(),
            problem: String::new(),
        };
        let shaped = serde_json::from_value(object)
            .map_err(|error| (blame.field.clone(), error.to_string()));
        shaped
            .and_then(|shape| read(shape, namespace))
            .map_err(|(field, problem)| HpaError {
                field,
                problem,
                ..blame
            })
    }
}

fn read(object: shape::Object, namespace: &str) -> Result<Hpa, Wrong> {
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
    Ok(Some(super::float(milli) / 1000.0))
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

#[cfg(test)]
mod tests;
