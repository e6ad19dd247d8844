//! Values in a few words.

use custom_metrics_core::answer::Answer;
use custom_metrics_core::quantity::Quantity;
use custom_metrics_core::sample::{Sample, by_object};

use super::served;

/// Every value found, whoever it belongs to.
pub(super) fn any(samples: &[Sample], label: &str) -> Result<String, String> {
    let mut values: Vec<(&str, f64)> = by_object(samples, label).values.into_iter().collect();
    values.retain(|(name, _)| !name.is_empty());
    values.sort_by(|one, other| one.0.cmp(other.0));
    let Some((name, value)) = values.first() else {
        return Err("the query found nothing in the namespace".to_owned());
    };
    let value =
        Quantity::from_f64(*value).map_or_else(|why| why.to_string(), |value| value.to_string());
    Ok(format!(
        "{} objects of the namespace, such as {name} {value}",
        values.len()
    ))
}

pub(super) fn of_objects(answer: &Answer) -> String {
    let all = answer.values.len() + answer.left_out.len();
    let example = answer
        .values
        .first()
        .map_or_else(String::new, |(name, value)| format!("{name} {value}"));
    match (answer.left_out.first(), all) {
        (None, 1) => example,
        (None, _) => format!("all {all} have a value, such as {example}"),
        (Some((name, why)), _) => format!(
            "{} of {all} have a value, such as {example}; {name}: {why}",
            answer.values.len()
        ),
    }
}

pub(super) fn sum(samples: &[Sample]) -> Result<String, String> {
    if samples.is_empty() {
        return Err("the query returned no samples".to_owned());
    }
    let mut total = 0_i64;
    for sample in samples {
        let value = Quantity::from_f64(sample.value);
        let value = value.map_err(|why| format!("{}: {why}", served::shown(sample, "")))?;
        total = total.saturating_add(value.milli());
    }
    Ok(format!(
        "{} rows, {} in all",
        samples.len(),
        Quantity::from_milli(total)
    ))
}
