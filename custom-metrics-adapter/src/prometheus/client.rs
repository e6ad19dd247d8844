//! Requests to Prometheus: a deadline, a size limit and no redirect for each.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use custom_metrics_core::registry::Series;
use custom_metrics_core::sample::Evaluation;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::args::{PrometheusAccess, Verb};
use crate::metrics::Metrics;
use crate::ports::{Backend, QueryFailure};
use crate::prometheus::credentials::Credentials;
use crate::prometheus::response::{self, QueryResult, ResponseError};
use crate::prometheus::transport;

/// Discovery is in no hurry: nobody waits for it.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// A Prometheus, or something that speaks its API.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    credentials: Credentials,
    base: Url,
    verb: Verb,
    /// Largest body that is read, in bytes.
    max_response: usize,
    metrics: Arc<Metrics>,
}

/// What went wrong with one request. Carries no URL: it may hold a password.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("no answer within {}", humantime::format_duration(*.0))]
    Timeout(Duration),
    #[error("cannot reach Prometheus: {0}")]
    Transport(String),
    #[error("no credentials for Prometheus: {0}")]
    Credentials(String),
    #[error("answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("redirect to another place is not followed (HTTP {0})")]
    Redirect(u16),
    #[error("unexpected HTTP {0}")]
    Code(u16),
    #[error(transparent)]
    Response(#[from] ResponseError),
}

impl Client {
    /// # Errors
    /// Names the flag that is unusable.
    pub async fn new(
        base: &Url,
        access: &PrometheusAccess,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(
            matches!(base.scheme(), "http" | "https") && base.has_host(),
            "--prometheus-url: must be http://HOST[:PORT][/PATH] or https://…, got scheme `{}`",
            base.scheme()
        );
        let kubernetes = transport::kubernetes(access).await?;
        let credentials = Credentials::new(
            &access.prometheus_header,
            !base.username().is_empty(),
            access.prometheus_token_file.as_deref(),
            kubernetes.as_ref(),
        );
        let https = base.scheme() == "https";
        Ok(Self {
            credentials: credentials.await?,
            http: transport::client(https, access, kubernetes.as_ref()).await?,
            base: base.clone(),
            verb: access.prometheus_verb,
            max_response: access.prometheus_max_response,
            metrics,
        })
    }

    async fn call<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        parameters: &[(&str, String)],
        deadline: Duration,
    ) -> Result<T, QueryFailure> {
        let started = Instant::now();
        let result = tokio::time::timeout(deadline, self.exchange(endpoint, parameters))
            .await
            .unwrap_or(Err(RequestError::Timeout(deadline)))
            .and_then(|body| Ok(response::open(&body)?));
        let outcome = match &result {
            Ok(_) => "ok",
            Err(RequestError::Timeout(_)) => "timeout",
            Err(_) => "error",
        };
        self.metrics
            .query_seconds
            .with_label_values(&[endpoint.label, outcome])
            .observe(started.elapsed().as_secs_f64());
        result.map_err(|error| match error {
            RequestError::Timeout(_) => QueryFailure::Timeout(error.to_string()),
            _ => QueryFailure::Failed(error.to_string()),
        })
    }

    async fn exchange(
        &self,
        endpoint: Endpoint,
        parameters: &[(&str, String)],
    ) -> Result<Vec<u8>, RequestError> {
        let url = self.url(endpoint.path);
        let request = match self.verb {
            Verb::Post if endpoint.takes_post => self.http.post(url).form(parameters),
            Verb::Get | Verb::Post => self.http.get(url).query(parameters),
        };
        let headers = self.credentials.headers().await;
        let headers = headers.map_err(RequestError::Credentials)?;
        let response = request.headers(headers).send().await.map_err(cause)?;
        match response.status() {
            status if status.is_success() => {}
            // These carry Prometheus' own words.
            StatusCode::BAD_REQUEST
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::SERVICE_UNAVAILABLE => {}
            status if status.is_redirection() => {
                return Err(RequestError::Redirect(status.as_u16()));
            }
            status => return Err(RequestError::Code(status.as_u16())),
        }
        self.body(response).await
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, RequestError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(cause)? {
            if body.len() + chunk.len() > self.max_response {
                return Err(RequestError::TooLarge(self.max_response));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Joins below the base's own path, whether or not that ends with a slash.
    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// An endpoint and what metrics call it.
#[derive(Debug, Clone, Copy)]
struct Endpoint {
    path: &'static str,
    label: &'static str,
    /// Whether a form in the body is understood as well as a query string.
    takes_post: bool,
}

const QUERY: Endpoint = Endpoint {
    path: "/api/v1/query",
    label: "query",
    takes_post: true,
};
const NAMES: Endpoint = Endpoint {
    path: "/api/v1/label/__name__/values",
    label: "names",
    takes_post: false,
};
const LABELS: Endpoint = Endpoint {
    path: "/api/v1/labels",
    label: "labels",
    takes_post: true,
};

impl Backend for Client {
    fn evaluate<'a>(
        &'a self,
        promql: &'a str,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Evaluation, QueryFailure>> {
        async move {
            let parameters = [
                ("query", promql.to_owned()),
                ("time", seconds(SystemTime::now())),
                ("timeout", format!("{:.3}", deadline.as_secs_f64())),
            ];
            let result: QueryResult = self.call(QUERY, &parameters, deadline).await?;
            result
                .into_evaluation()
                .map_err(|error| QueryFailure::Failed(error.to_string()))
        }
        .boxed()
    }

    fn series<'a>(
        &'a self,
        selector: &'a str,
        lookback: Duration,
        with_labels: bool,
    ) -> BoxFuture<'a, Result<Vec<Series>, QueryFailure>> {
        async move {
            let now = SystemTime::now();
            let parameters = [
                ("match[]", selector.to_owned()),
                ("start", seconds(now.checked_sub(lookback).unwrap_or(now))),
            ];
            let names: Vec<String> = self.call(NAMES, &parameters, DISCOVERY_TIMEOUT).await?;
            let labels: Vec<String> = if with_labels && !names.is_empty() {
                self.call(LABELS, &parameters, DISCOVERY_TIMEOUT).await?
            } else {
                Vec::new()
            };
            Ok(names
                .into_iter()
                .map(|name| Series {
                    name,
                    labels: labels.clone(),
                })
                .collect())
        }
        .boxed()
    }
}

/// Unix seconds with milliseconds, the precision of Prometheus.
fn seconds(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    format!("{:.3}", since.as_secs_f64())
}

/// The innermost cause says it (`Connection refused`); the layers above repeat the URL.
fn cause(error: reqwest::Error) -> RequestError {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    RequestError::Transport(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn client(url: &str) -> anyhow::Result<Client> {
        let line = ["adapter", "--config=c", "--prometheus-url", url];
        let args = <crate::args::Args as clap::Parser>::try_parse_from(line)?.prometheus;
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::new(&args.prometheus_url, &args.access, Arc::new(Metrics::new())).await
    }

    #[tokio::test]
    async fn paths_are_joined_below_the_base_with_or_without_a_slash() {
        for base in ["http://p:9090/prom", "http://p:9090/prom/"] {
            let url = client(base).await.unwrap().url("/api/v1/query");
            assert_eq!(url.as_str(), "http://p:9090/prom/api/v1/query");
        }
        let url = client("http://p").await.unwrap().url("/api/v1/query");
        assert_eq!(url.as_str(), "http://p/api/v1/query");
    }

    #[tokio::test]
    async fn a_url_of_another_scheme_is_refused() {
        let error = client("ftp://p").await.unwrap_err().to_string();
        assert!(
            error.contains("--prometheus-url") && error.contains("`ftp`"),
            "{error}"
        );
    }
}
