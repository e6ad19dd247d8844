//! A scripted Prometheus: what a case says is all it holds. Not a Prometheus, and named as none.
//!
//! One server serves every case to both adapters: the first two segments of the path say which
//! (`/CASE/SIDE/api/v1/query`), so that each adapter is given its own base URL.

pub mod evaluate;
pub mod promql;
pub mod reply;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub use reply::Scripted;

use self::{evaluate::Sample, reply::Reply};

/// Longer forms are not read.
const LARGEST_FORM: usize = 1 << 20;

/// What one case holds.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub series: Vec<Sample>,
    /// Looked at first, in order.
    pub answers: Vec<Scripted>,
}

/// A running server. It ends with the runtime.
#[derive(Clone, Debug)]
pub struct Prometheus {
    address: SocketAddr,
    asked: Arc<Asked>,
}

/// The questions so far, by `CASE/SIDE`.
type Asked = Mutex<BTreeMap<String, Vec<String>>>;

impl Prometheus {
    /// Serves on a free port of the loopback.
    pub async fn start(scripts: BTreeMap<String, Script>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("listening for the scripted Prometheus")?;
        let server = Self {
            address: listener.local_addr()?,
            asked: Arc::default(),
        };
        let (scripts, asked) = (Arc::new(scripts), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (scripts, asked) = (Arc::clone(&scripts), Arc::clone(&asked));
                let service = service_fn(move |request| {
                    let (scripts, asked) = (Arc::clone(&scripts), Arc::clone(&asked));
                    async move { Ok::<_, Infallible>(serve(&scripts, &asked, request).await) }
                });
                // A client that goes away in the middle is its own affair.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Ok(server)
    }

    /// What to give an adapter as `--prometheus-url`.
    pub fn url(&self, case: &str, side: &str) -> String {
        format!("http://{}/{case}/{side}", self.address)
    }

    /// The questions of one adapter since the last call, in order.
    pub fn take_asked(&self, case: &str, side: &str) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&format!("{case}/{side}"))
            .unwrap_or_default()
    }
}

async fn serve(
    scripts: &BTreeMap<String, Script>,
    asked: &Asked,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let mut text = parts.uri.query().unwrap_or("").to_owned();
    if let Ok(form) = Limited::new(body, LARGEST_FORM).collect().await {
        text = format!("{text}&{}", String::from_utf8_lossy(&form.to_bytes()));
    }
    let mut segments = parts.uri.path().trim_matches('/').splitn(3, '/');
    let (case, side) = (segments.next().unwrap_or(""), segments.next().unwrap_or(""));
    let endpoint = segments.next().unwrap_or("");
    let reply = match scripts.get(case) {
        Some(script) => {
            let question = reply::Question::new(endpoint, &text);
            asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(format!("{case}/{side}"))
                .or_default()
                .push(question.to_string());
            reply::reply(script, &question)
        }
        None => Reply::error(404, "no such case"),
    };
    let Reply { status, body, hang } = reply;
    if hang {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}
