//! What an autoscaler wants, checked.

mod manifest;

use serde_json::Value;

use super::{Bounds, Tolerance};
use crate::{
    ids::{MetricName, Namespace, ObjectName},
    selector::Selector,
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
            .and_then(|shape| manifest::read(shape, namespace))
            .map_err(|(field, problem)| HpaError {
                field,
                problem,
                ..blame
            })
    }
}

#[cfg(test)]
mod tests;
