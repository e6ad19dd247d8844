//! Query parameters: those with a meaning, and those that only have to be well formed.

use std::time::Duration;

use super::{encoding, fields::FieldSelector, go_duration};
use crate::{Reason, selector::Selector};

/// How a request wants to be answered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Options {
    /// The client's own patience, if it names one.
    pub timeout: Option<Duration>,
    /// Asked for changes instead of values; custom metrics answer with values all the same.
    pub watch: bool,
    /// Selects objects of a list by name and namespace.
    pub fields: FieldSelector,
}

/// Keys and raw values in the order of the query. Of several values for one key the first one counts, as
/// in Go. A value is decoded when somebody asks for it: others may be what they like.
pub(super) struct Parameters<'a>(Vec<(String, &'a str)>);

pub(super) fn bad_request(message: impl Into<String>) -> Reason {
    Reason::BadRequest {
        message: message.into(),
    }
}

impl<'a> Parameters<'a> {
    pub(super) fn parse(query: &'a str) -> Self {
        Self(encoding::parameters(query).collect())
    }

    fn get(&self, key: &str) -> Result<Option<String>, Reason> {
        let pair = self.0.iter().find(|(known, _)| known == key);
        pair.map(|(_, value)| encoding::parameter(value))
            .transpose()
    }

    pub(super) fn selector(&self, key: &str) -> Result<Selector, Reason> {
        let text = self.get(key)?.unwrap_or_default();
        Selector::parse(&text).map_err(|error| bad_request(error.to_string()))
    }

    /// What every request may carry.
    pub(super) fn general(&self) -> Result<Options, Reason> {
        Ok(Options {
            timeout: self.timeout()?,
            ..Options::default()
        })
    }

    /// What a list may carry: `ListOptions` of Kubernetes. `limit`, `continue`, `resourceVersion` and
    /// `timeoutSeconds` mean nothing here, as upstream.
    pub(super) fn list(&self) -> Result<Options, Reason> {
        let general = self.general()?;
        let fields = self.get("fieldSelector")?.unwrap_or_default();
        let fields = FieldSelector::parse(&fields).map_err(bad_request)?;
        for key in ["timeoutSeconds", "limit"] {
            self.integer(key)?;
        }
        Ok(Options {
            watch: self.flag("watch"),
            fields,
            ..general
        })
    }

    /// Nothing for a timeout of zero or less: that says nothing, as upstream.
    fn timeout(&self) -> Result<Option<Duration>, Reason> {
        let text = self.get("timeout")?.unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        go_duration::parse(&text).map_err(|problem| {
            let message = format!("invalid timeout specified in the request URL - {problem}");
            bad_request(message)
        })
    }

    /// True for anything but `false` and `0`, even for nothing at all, as Kubernetes reads it.
    pub(super) fn flag(&self, key: &str) -> bool {
        let value = self.get(key).ok().flatten();
        value.is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    fn integer(&self, key: &str) -> Result<(), Reason> {
        let Some(text) = self.get(key)? else {
            return Ok(());
        };
        let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
        let problem = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            "invalid syntax"
        } else if text.parse::<i64>().is_err() {
            "value out of range"
        } else {
            return Ok(());
        };
        let text = crate::quote::quote(&text);
        Err(bad_request(format!(
            "strconv.ParseInt: parsing {text}: {problem}"
        )))
    }
}
