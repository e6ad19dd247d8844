//! Samples and objects → values, or the reason why there are none.
//!
//! A value or a reason, never a made-up value: an object without a usable sample is
//! left out, because an HPA takes a made-up zero for idleness and shrinks.

use jiff::Timestamp;

use crate::{
    Reason,
    ids::{GroupResource, MetricName, Namespace, ObjectName},
    quantity::{NoQuantity, Quantity},
    resources::Resource,
    sample::{ByObject, Sample, by_object},
    selector::Selector,
};

/// What was asked, once the request has found its rule.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub metric: &'a MetricName,
    /// As typed by the client; errors repeat it.
    pub asked_as: &'a GroupResource,
    pub resource: &'a Resource,
    pub namespace: Option<&'a Namespace>,
    pub objects: Objects<'a>,
    pub metric_selector: &'a Selector,
    /// Label of a sample that names its object.
    pub object_label: &'a str,
}

/// The objects the answer is about.
#[derive(Clone, Copy, Debug)]
pub enum Objects<'a> {
    /// One, by name; its existence is not checked.
    Named(&'a ObjectName),
    /// Those that exist and match the label selector, in the order of the answer.
    Matching(&'a [ObjectName]),
}

impl<'a> Objects<'a> {
    /// What the query must ask for.
    pub fn names(self) -> &'a [ObjectName] {
        match self {
            Self::Named(name) => std::slice::from_ref(name),
            Self::Matching(names) => names,
        }
    }
}

/// Values for objects, ready for [`crate::wire`]. Never without a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub metric: MetricName,
    pub resource: Resource,
    pub namespace: Option<Namespace>,
    pub metric_selector: Selector,
    /// When the values were evaluated.
    pub timestamp: Timestamp,
    pub values: Vec<(ObjectName, Quantity)>,
    /// Objects without a value, and why.
    pub left_out: Vec<(ObjectName, NoValue)>,
    /// Objects for which several samples came; the last one counts.
    pub duplicates: Vec<ObjectName>,
}

/// Why one object has no value.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoValue {
    #[error("the query returned no sample for it")]
    NoSample,
    #[error(transparent)]
    NoQuantity(#[from] NoQuantity),
}

/// Why the backend has no vector for us, in words for people.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct BackendFailure(pub String);

/// Turns what Prometheus said into an answer; `now` becomes the timestamp of the values.
pub fn answer(
    question: &Question<'_>,
    outcome: Result<&[Sample], &BackendFailure>,
    now: Timestamp,
) -> Result<Answer, Reason> {
    let names = question.objects.names();
    if names.is_empty() {
        let why = format!("no {} match the label selector", question.resource.plural);
        return Err(question.no_metric(why));
    }
    let samples = outcome.map_err(|failure| Reason::Backend {
        why: failure.to_string(),
    })?;
    let sorted = by_object(samples, question.object_label);
    let mut values = vec![];
    let mut left_out = vec![];
    for name in names {
        match value(&sorted, name) {
            Ok(quantity) => values.push((name.clone(), quantity)),
            Err(why) => left_out.push((name.clone(), why)),
        }
    }
    if values.is_empty() {
        return Err(question.no_values(&left_out, samples));
    }
    let duplicates = names
        .iter()
        .filter(|name| sorted.duplicates.contains(name.as_str()));
    Ok(Answer {
        metric: question.metric.clone(),
        resource: question.resource.clone(),
        namespace: question.namespace.cloned(),
        metric_selector: question.metric_selector.clone(),
        timestamp: now,
        duplicates: duplicates.cloned().collect(),
        values,
        left_out,
    })
}

fn value(sorted: &ByObject<'_>, name: &ObjectName) -> Result<Quantity, NoValue> {
    let value = sorted.values.get(name.as_str()).ok_or(NoValue::NoSample)?;
    Ok(Quantity::from_f64(*value)?)
}

impl Question<'_> {
    /// A 404 of this question, such as for a query that cannot be made.
    pub fn no_metric(&self, why: String) -> Reason {
        Reason::NoMetric {
            metric: self.metric.clone(),
            resource: self.asked_as.clone(),
            why,
        }
    }

    fn no_values(&self, left_out: &[(ObjectName, NoValue)], samples: &[Sample]) -> Reason {
        let (metric, resource) = (self.metric.clone(), self.asked_as.clone());
        let unusable = left_out.iter().find_map(|(name, why)| match why {
            NoValue::NoSample => None,
            NoValue::NoQuantity(why) => Some((name, why)),
        });
        match (self.objects, unusable) {
            (Objects::Named(name), Some((_, why))) => Reason::NoValue {
                metric,
                resource,
                name: name.clone(),
                why: why.to_string(),
            },
            (Objects::Named(name), None) => Reason::NoValue {
                metric,
                resource,
                name: name.clone(),
                why: self.no_sample(samples),
            },
            (Objects::Matching(names), unusable) => {
                let why = match unusable {
                    Some((name, why)) => format!("for {name}, {why}"),
                    None => self.no_sample(samples),
                };
                let (count, plural) = (names.len(), &self.resource.plural);
                Reason::NoValues {
                    metric,
                    resource,
                    why: format!("no value for any of {count} {plural}: {why}"),
                }
            }
        }
    }

    /// What came instead of the samples asked for.
    fn no_sample(&self, samples: &[Sample]) -> String {
        let label = self.object_label;
        if samples.is_empty() {
            "the query returned no samples".to_owned()
        } else if samples
            .iter()
            .all(|sample| !sample.labels.contains_key(label))
        {
            format!(
                "the query returned samples, but none with the label {label:?}: does it group by it?"
            )
        } else {
            format!(
                "the query returned samples, but none for the objects asked about in the label {label:?}"
            )
        }
    }
}

#[cfg(test)]
mod tests;
