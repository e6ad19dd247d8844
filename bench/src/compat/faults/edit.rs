//! How faults are written into an answer. `None` where there is nothing to write them into.

use serde_json::{Value, json};

use crate::compat::answer::Answer;

/// Edits a body of JSON; others stay, so that a fault of one form is not another of the next.
pub fn edit(answer: &Answer, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Answer> {
    if !answer
        .header("content-type")
        .starts_with("application/json")
    {
        return None;
    }
    let before = answer.decode().ok()?;
    let mut body = before.clone();
    change(&mut body)?;
    if body == before {
        return None;
    }
    let mut answer = answer.clone();
    answer.headers.remove("content-encoding");
    answer.body = body.to_string().into_bytes();
    Some(answer)
}

pub fn list(
    answer: &Answer,
    name: &str,
    change: impl FnOnce(&mut Vec<Value>) -> Option<()>,
) -> Option<Answer> {
    edit(answer, |body| change(body.get_mut(name)?.as_array_mut()?))
}

pub fn item(answer: &Answer, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Answer> {
    list(answer, "items", |items| change(items.last_mut()?))
}

pub fn status(answer: &Answer, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Answer> {
    edit(answer, |body| {
        (body.get("kind")? == "Status").then_some(())?;
        change(body)
    })
}

pub fn change(object: &mut Value, field: &str, to: impl FnOnce(&str) -> String) -> Option<()> {
    let value = object.get_mut(field)?;
    *value = json!(to(value.as_str()?));
    Some(())
}

/// The last digit becomes the next one.
pub fn flip(text: &str) -> String {
    let Some(at) = text.rfind(|c: char| c.is_ascii_digit()) else {
        return format!("{text}1");
    };
    let digit = if &text[at..=at] == "9" { "8" } else { "9" };
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

pub fn first_use(body: &mut Value) -> Option<&mut Value> {
    let pointers = [
        "/usage/cpu",
        "/containers/0/usage/cpu",
        "/items/0/usage/cpu",
        "/items/0/containers/0/usage/cpu",
    ];
    let place = pointers
        .into_iter()
        .find(|place| body.pointer(place).is_some())?;
    body.pointer_mut(place)
}

pub fn swap_values(items: &mut [Value]) -> Option<()> {
    let (first, rest) = items.split_first_mut()?;
    let last = rest.last_mut()?;
    std::mem::swap(first.get_mut("value")?, last.get_mut("value")?);
    Some(())
}

pub fn wrong_metric(body: &mut Value) -> Option<()> {
    let item = body.get_mut("items")?.as_array_mut()?.first_mut()?;
    let name = match item.pointer("/metric/name") {
        Some(_) => item.pointer_mut("/metric/name")?,
        None => item.get_mut("metricName")?,
    };
    *name = json!(format!("{}s", name.as_str()?));
    Some(())
}

pub fn wrong_entry(map: &mut Value) -> Option<()> {
    let map = map.as_object_mut()?;
    let (key, value) = map
        .iter()
        .next()
        .map(|(key, value)| (key.clone(), value.clone()))?;
    map.remove(&key);
    map.insert(format!("{key}_"), value);
    Some(())
}

pub fn wrong_selector(item: &mut Value) -> Option<()> {
    let selector = match item.pointer("/metric/selector") {
        Some(_) => item.pointer_mut("/metric/selector")?,
        None => item.get_mut("selector")?,
    };
    *selector = if selector.is_null() {
        json!({"matchLabels": {"planted": "yes"}})
    } else {
        Value::Null
    };
    Some(())
}

/// In the bytes of a form that is not edited as a tree.
pub fn flip_in_place(answer: &Answer) -> Option<Answer> {
    if answer
        .header("content-type")
        .starts_with("application/json")
    {
        return None;
    }
    let body = answer.decode().ok()?;
    let value = body
        .get("items")?
        .as_array()?
        .last()?
        .get("value")?
        .as_str()?
        .to_owned();
    let mut answer = answer.clone();
    answer.body = answer.plain().ok()?;
    answer.headers.remove("content-encoding");
    let at = answer
        .body
        .windows(value.len())
        .rposition(|window| window == value.as_bytes())?;
    answer.body[at..at + value.len()].copy_from_slice(flip(&value).as_bytes());
    Some(answer)
}

pub fn wrong_content_type(answer: &Answer) -> Option<Answer> {
    let mut answer = answer.clone();
    let kind = answer.headers.get_mut("content-type")?;
    *kind = http::HeaderValue::from_static("application/octet-stream");
    Some(answer)
}

/// The last byte but the line's end, of any form that has an end to notice: text is cut as well as
/// protobuf, YAML only where something is lost by it.
pub fn cut_body(answer: &Answer) -> Option<Answer> {
    let mut cut = answer.clone();
    let length = answer.body.trim_ascii_end().len();
    cut.body.truncate(length.checked_sub(1)?);
    let lost = match (answer.decode(), cut.decode()) {
        (Ok(before), Ok(after)) => before != after,
        _ => true,
    };
    lost.then_some(cut)
}
