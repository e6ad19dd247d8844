//! Kubernetes' protobuf to the JSON of the same object, by a table of its messages.
//!
//! Written from the field numbers of `k8s.io/metrics` and `k8s.io/apimachinery` and sharing nothing
//! with the encoder it judges. A field that is not in the table, or comes in another form, is an error.

pub mod messages;
pub mod wire;

use serde_json::{Map, Value};

use self::{
    messages::{Field, Kind, Message, ROOTS, TYPE_META},
    wire::Reader,
};

const MAGIC: &[u8] = b"k8s\0";

/// What is wrong with a body.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProtobufError {
    #[error("it does not begin with k8s and a zero")]
    Magic,
    #[error("it ends in the middle of a field")]
    Truncated,
    #[error("{message} has no field {number}")]
    UnknownField { message: &'static str, number: u64 },
    #[error("field {name} has wire type {wire}")]
    WireType { name: &'static str, wire: u64 },
    #[error("no table for {api_version} {kind}")]
    UnknownKind { api_version: String, kind: String },
    #[error("a string is not UTF-8")]
    Text,
    #[error("{0} is no point in time")]
    Time(i64),
    #[error("an object is encoded as {0:?}")]
    Encoding(String),
}

/// The envelope and the object in it.
pub fn decode(body: &[u8]) -> Result<Value, ProtobufError> {
    let body = body.strip_prefix(MAGIC).ok_or(ProtobufError::Magic)?;
    let (mut type_meta, mut raw) = (Value::Null, None);
    let mut reader = Reader::new(body);
    while let Some((number, wire)) = reader.key()? {
        match (number, wire) {
            (1, 2) => type_meta = message(&TYPE_META, reader.bytes()?)?,
            (2, 2) => raw = Some(reader.bytes()?),
            // contentEncoding and contentType: set, they would mean another form of `raw`.
            (3 | 4, 2) => match wire::text(reader.bytes()?)? {
                "" => {}
                other => return Err(ProtobufError::Encoding(other.to_owned())),
            },
            _ => {
                return Err(ProtobufError::UnknownField {
                    message: "Unknown",
                    number,
                });
            }
        }
    }
    let word = |name: &str| type_meta[name].as_str().unwrap_or("").to_owned();
    let (api_version, kind) = (word("apiVersion"), word("kind"));
    let Some((_, _, table)) = ROOTS
        .iter()
        .find(|(version, name, _)| *version == api_version && *name == kind)
    else {
        return Err(ProtobufError::UnknownKind { api_version, kind });
    };
    let mut object = Map::new();
    object.insert("kind".to_owned(), Value::String(kind));
    object.insert("apiVersion".to_owned(), Value::String(api_version));
    if let Value::Object(fields) = message(table, raw.ok_or(ProtobufError::Truncated)?)? {
        object.extend(fields);
    }
    Ok(Value::Object(object))
}

fn message(table: &'static Message, bytes: &[u8]) -> Result<Value, ProtobufError> {
    let mut object = Map::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        let field = table
            .fields
            .iter()
            .find(|field| field.number == number)
            .ok_or(ProtobufError::UnknownField {
                message: table.name,
                number,
            })?;
        let expected = match field.kind {
            Kind::Int | Kind::Bool => 0,
            _ => 2,
        };
        if wire != expected {
            return Err(ProtobufError::WireType {
                name: field.name,
                wire,
            });
        }
        put(&mut object, field, &mut reader)?;
    }
    // What JSON always shows, set or not.
    for field in table.fields {
        if !object.contains_key(field.name)
            && let Some(absent) = field.absent()
        {
            object.insert(field.name.to_owned(), absent);
        }
    }
    Ok(Value::Object(object))
}

/// One field. What JSON leaves out when it is empty is left out here too.
fn put(
    object: &mut Map<String, Value>,
    field: &Field,
    reader: &mut Reader,
) -> Result<(), ProtobufError> {
    let name = field.name.to_owned();
    let value = match field.kind {
        Kind::Int => Value::from(reader.signed()?),
        Kind::Bool => Value::Bool(reader.varint()? != 0),
        Kind::Text => Value::from(wire::text(reader.bytes()?)?),
        Kind::Time => time(reader.bytes()?)?,
        Kind::Duration => Value::String(duration(nanoseconds(reader.bytes()?)?)),
        Kind::Quantity => quantity(reader.bytes()?)?,
        Kind::One(table) => message(table, reader.bytes()?)?,
        Kind::Many(table) => {
            let item = message(table, reader.bytes()?)?;
            push(object, name, item);
            return Ok(());
        }
        Kind::Texts => {
            let item = Value::from(wire::text(reader.bytes()?)?);
            push(object, name, item);
            return Ok(());
        }
        Kind::Verbs => verbs(reader.bytes()?)?,
        Kind::Map(table) => {
            let entry = message(table, reader.bytes()?)?;
            let key = entry["key"].as_str().unwrap_or("").to_owned();
            if let Value::Object(map) = object.entry(name).or_insert_with(|| Map::new().into()) {
                map.insert(key, entry["value"].clone());
            }
            return Ok(());
        }
    };
    let is_empty = value == "" || value == 0 || value == false || value.is_null();
    if !is_empty || field.absent().is_some() {
        object.insert(name, value);
    }
    Ok(())
}

fn push(object: &mut Map<String, Value>, name: String, item: Value) {
    if let Value::Array(items) = object
        .entry(name)
        .or_insert_with(|| Value::Array(Vec::new()))
    {
        items.push(item);
    }
}

fn time(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let mut seconds = None;
    let mut reader = Reader::new(bytes);
    while let Some((number, _)) = reader.key()? {
        let value = reader.signed()?;
        match number {
            1 => seconds = Some(value),
            2 => {}
            _ => {
                return Err(ProtobufError::UnknownField {
                    message: "Time",
                    number,
                });
            }
        }
    }
    // An empty message is Go's zero time, which JSON shows as null.
    let Some(seconds) = seconds else {
        return Ok(Value::Null);
    };
    let timestamp =
        jiff::Timestamp::from_second(seconds).map_err(|_| ProtobufError::Time(seconds))?;
    Ok(Value::String(timestamp.to_string()))
}

fn nanoseconds(bytes: &[u8]) -> Result<i64, ProtobufError> {
    let mut reader = Reader::new(bytes);
    let mut nanoseconds = 0;
    while let Some((number, _)) = reader.key()? {
        if number != 1 {
            return Err(ProtobufError::UnknownField {
                message: "Duration",
                number,
            });
        }
        nanoseconds = reader.signed()?;
    }
    Ok(nanoseconds)
}

/// As Go prints whole seconds: `1h30m0s`, `5m0s`, `0s`.
fn duration(nanoseconds: i64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

fn quantity(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let mut text = "";
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        if (number, wire) != (1, 2) {
            return Err(ProtobufError::UnknownField {
                message: "Quantity",
                number,
            });
        }
        text = wire::text(reader.bytes()?)?;
    }
    Ok(Value::from(text))
}

fn verbs(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let mut items = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, _)) = reader.key()? {
        if number != 1 {
            return Err(ProtobufError::UnknownField {
                message: "Verbs",
                number,
            });
        }
        items.push(Value::from(wire::text(reader.bytes()?)?));
    }
    Ok(Value::Array(items))
}

#[cfg(test)]
mod tests;
