//! Scripted answers of the fake kube-apiserver: discovery documents and lists.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Mutex;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::cluster::status;

/// What is said at one path.
#[derive(Clone)]
pub(crate) enum Reply {
    Json(Value),
    /// A document with an `ETag`; who knows it already gets 304.
    Tagged(&'static str, Value),
    /// A `Status` of this code and message.
    Refuse(u16, &'static str),
    /// Metadata of objects of these names, in pages of two.
    Names(&'static [&'static str]),
    /// Never anything.
    Silence,
}

#[derive(Default)]
pub(crate) struct Replies {
    /// By path.
    replies: Mutex<BTreeMap<String, Reply>>,
    asked: Mutex<Vec<Asked>>,
}

/// A request that met a scripted path, or one of discovery.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
}

impl Replies {
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// Requests so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn answer(&self, request: &Parts) -> Option<BoxFuture<'static, Response>> {
        let reply = self
            .replies
            .lock()
            .unwrap()
            .get(request.uri.path())?
            .clone();
        let query = reqwest::Url::parse(&format!("http://fake{}", request.uri)).unwrap();
        let asked = Asked {
            path: request.uri.path().to_owned(),
            query: query.query_pairs().into_owned().collect(),
            headers: request.headers.clone(),
        };
        let response = match reply {
            Reply::Json(document) => Json(document).into_response(),
            Reply::Tagged(tag, document) => tagged(&asked, tag, document),
            Reply::Refuse(code, message) => status(StatusCode::from_u16(code).unwrap(), message),
            Reply::Names(names) => page(&asked, names),
            Reply::Silence => {
                self.asked.lock().unwrap().push(asked);
                return Some(pending().boxed());
            }
        };
        self.asked.lock().unwrap().push(asked);
        Some(ready(response).boxed())
    }
}

fn tagged(asked: &Asked, tag: &'static str, document: Value) -> Response {
    let tag_header = [(header::ETAG, tag)];
    match asked.headers.get(header::IF_NONE_MATCH) {
        Some(known) if known == tag => (StatusCode::NOT_MODIFIED, tag_header).into_response(),
        _ => (tag_header, Json(document)).into_response(),
    }
}

fn page(asked: &Asked, names: &[&str]) -> Response {
    let from: usize = asked
        .query
        .get("continue")
        .map_or(0, |next| next.parse().unwrap());
    let to = names.len().min(from + 2);
    let items: Vec<_> = names[from..to]
        .iter()
        .map(|name| json!({"metadata": {"name": name, "uid": format!("uid-{name}"), "managedFields": [{}]}}))
        .collect();
    let next = if to < names.len() {
        to.to_string()
    } else {
        String::new()
    };
    Json(json!({
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1", "continue": next},
        "items": items,
    }))
    .into_response()
}
