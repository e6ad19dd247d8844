//! Nodes → typed values, by serde.

use std::rc::Rc;

use serde::{
    de::{
        self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    Content, Node, YamlError,
    mapping::{Budget, Entry, Keys, entries},
};

pub(super) fn decode<T: de::DeserializeOwned>(node: &Rc<Node>) -> Result<T, YamlError> {
    let budget = Budget::new();
    T::deserialize(Decoder {
        node,
        budget: &budget,
        depth: 0,
    })
}

#[derive(Clone, Copy)]
struct Decoder<'a> {
    node: &'a Node,
    budget: &'a Budget,
    depth: usize,
}

impl<'a> Decoder<'a> {
    fn wrong<T>(self, wanted: &str) -> Result<T, YamlError> {
        let problem = format!("must be {wanted}, not {}", self.node.kind());
        Err(YamlError::at(self.node.line, problem))
    }

    /// The text of a scalar; nothing is no text.
    fn text(self) -> Result<&'a str, YamlError> {
        match &self.node.content {
            Content::Scalar { .. } if self.node.is_null() => Ok(""),
            Content::Scalar { text, .. } => Ok(text),
            _ => self.wrong("text"),
        }
    }

    fn number<T: std::str::FromStr>(self) -> Result<T, YamlError> {
        match self.node.plain().map(str::parse) {
            Some(Ok(number)) => Ok(number),
            _ => self.wrong("a number"),
        }
    }

    fn map<'de, V: Visitor<'de>>(self, visitor: V, keys: Keys) -> Result<V::Value, YamlError> {
        self.budget.spend(self.node.line, self.depth)?;
        let list = match &self.node.content {
            Content::Map(_) => entries(self.node, keys, self.budget, self.depth)?,
            _ if self.node.is_null() => vec![],
            _ => return self.wrong("a section (key: value)"),
        };
        let access = Entries {
            decoder: self,
            list: list.into_iter(),
            value: None,
        };
        // What serde finds missing is missing from the whole section.
        visitor
            .visit_map(access)
            .map_err(|error| error.on(self.node.line))
    }
}

impl<'de> Deserializer<'de> for Decoder<'_> {
    type Error = YamlError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        match &self.node.content {
            Content::List(_) => self.deserialize_seq(visitor),
            Content::Map(_) => self.map(visitor, Keys::Free),
            Content::Scalar { .. } if self.node.is_null() => visitor.visit_unit(),
            Content::Scalar { text, .. } => match self.node.boolean() {
                Some(boolean) => visitor.visit_bool(boolean),
                None => visitor.visit_str(text),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        match self.node.boolean() {
            Some(boolean) => visitor.visit_bool(boolean),
            None => self.wrong("true or false without quotes"),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        let visited = visitor.visit_str(self.text()?);
        visited.map_err(|error: YamlError| error.on(self.node.line))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        if self.node.is_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, YamlError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        self.budget.spend(self.node.line, self.depth)?;
        let items: &[Rc<Node>] = match &self.node.content {
            Content::List(items) => items,
            _ if self.node.is_null() => &[],
            _ => return self.wrong("a list (- item)"),
        };
        let access = Items {
            decoder: self,
            items: items.iter().enumerate(),
        };
        visitor
            .visit_seq(access)
            .map_err(|error| error.on(self.node.line))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        self.map(visitor, Keys::Free)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, YamlError> {
        self.map(visitor, Keys::Fixed)
    }

    /// One of a few words.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, YamlError> {
        let word = StrDeserializer::<YamlError>::new(self.text()?);
        visitor
            .visit_enum(word)
            .map_err(|error| error.on(self.node.line))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}

struct Items<'a> {
    decoder: Decoder<'a>,
    items: std::iter::Enumerate<std::slice::Iter<'a, Rc<Node>>>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = YamlError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, YamlError> {
        let Some((place, node)) = self.items.next() else {
            return Ok(None);
        };
        let item = Decoder {
            node,
            depth: self.decoder.depth + 1,
            ..self.decoder
        };
        let read = seed.deserialize(item);
        read.map(Some)
            .map_err(|error| error.on(node.line).below(&format!("[{place}]")))
    }
}

struct Entries<'a> {
    decoder: Decoder<'a>,
    list: std::vec::IntoIter<Entry>,
    /// The entry whose key was read last.
    value: Option<Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = YamlError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, YamlError> {
        let Some(entry) = self.list.next() else {
            return Ok(None);
        };
        let key = seed.deserialize(StrDeserializer::<YamlError>::new(&entry.key));
        let key = key.map_err(|error| error.on(entry.line))?;
        self.value = Some(entry);
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, YamlError> {
        let missing = || YamlError::custom("a value is read before its key");
        let entry = self.value.take().ok_or_else(missing)?;
        let value = Decoder {
            node: &entry.value,
            depth: self.decoder.depth + 1,
            ..self.decoder
        };
        let read = seed.deserialize(value);
        read.map_err(|error| error.on(entry.line).below(&entry.key))
    }
}
