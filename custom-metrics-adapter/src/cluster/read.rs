//! One read from kube-apiserver, bounded in time and size, with its errors in words for people.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;

/// Discovery of a thousand kinds is some 2 MiB, a page of a list less.
const MOST_BYTES: usize = 64 << 20;
/// Of an error that is no `Status`, as much is shown.
const MOST_WORDS: usize = 200;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("kube-apiserver did not answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("kube-apiserver answers {code}: {message}")]
    Refused { code: u16, message: String },
    #[error("kube-apiserver cannot be read: {0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
    #[error("kube-apiserver answers more than {MOST_BYTES} bytes")]
    TooLong,
}

/// The answer to `request` if it is a good one; `304 Not Modified` counts as good.
///
/// # Errors
/// [`Failure`] says what happened instead.
pub async fn read(
    client: &Client,
    request: Request<Body>,
    deadline: Duration,
) -> Result<Response<Bytes>, Failure> {
    let answer = async {
        let response = client.send(request).await;
        let (head, body) = response.map_err(|error| broken(&error))?.into_parts();
        let bytes = match Limited::new(body, MOST_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(Failure::TooLong),
            Err(error) => return Err(Failure::Broken(error)),
        };
        if head.status.is_success() || head.status == StatusCode::NOT_MODIFIED {
            return Ok(Response::from_parts(head, bytes));
        }
        Err(Failure::Refused {
            code: head.status.as_u16(),
            message: words(&bytes),
        })
    };
    let answer = tokio::time::timeout(deadline, answer).await;
    answer.map_err(|_| Failure::Timeout(deadline))?
}

fn broken(error: &kube::Error) -> Failure {
    Failure::Broken(innermost(error).into())
}

/// The innermost cause, which is the one that says something.
pub fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The message of a `Status`, or the beginning of whatever it is.
fn words(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Status {
        message: String,
    }
    match serde_json::from_slice(body) {
        Ok(Status { message }) => message,
        Err(_) => String::from_utf8_lossy(body)
            .trim()
            .chars()
            .take(MOST_WORDS)
            .collect(),
    }
}
