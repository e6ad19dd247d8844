//! Everything that goes wrong in a request, and the one place where it becomes an answer.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use thiserror::Error;

use crate::burner::BurnError;
use crate::inject::InvalidInjection;
use crate::memory::MemoryError;
use crate::work::InvalidWork;

/// Slots of `/load` come free one by one, so asking again soon is right.
const RETRY_AFTER_SECONDS: &str = "1";

#[derive(Debug, Error)]
pub enum ApiError {
    #[error(transparent)]
    Work(#[from] InvalidWork),

    #[error("query string {query:?}: {reason}")]
    Query { query: String, reason: String },

    #[error(transparent)]
    Burn(#[from] BurnError),

    #[error(transparent)]
    Memory(#[from] MemoryError),

    #[error(transparent)]
    Injection(#[from] InvalidInjection),

    #[error("this failure was asked for with ?fail=")]
    Injected,

    #[error("no such path; there are /, /api/data, /load, /health, /ready and /metrics")]
    NotFound,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Work(_)
            | Self::Query { .. }
            | Self::Injection(_)
            | Self::Memory(MemoryError::Invalid(_)) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Burn(BurnError::Busy { .. } | BurnError::Spawn(_))
            | Self::Memory(MemoryError::Full) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Burn(BurnError::Lost) | Self::Memory(MemoryError::Lost) | Self::Injected => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.status_code() == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        response.json(json!({ "error": self.to_string() }))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn every_error_has_its_status_and_only_overload_asks_to_retry() {
        let query = ApiError::Query {
            query: "ms".into(),
            reason: "duplicate".into(),
        };
        let work = InvalidWork {
            value: "x".to_owned(),
        };
        let spawn = BurnError::Spawn(io::Error::other("no threads"));
        let table = [
            (query, 400, false),
            (work.into(), 400, false),
            (ApiError::NotFound, 404, false),
            (BurnError::Busy { limit: 64 }.into(), 503, true),
            (spawn.into(), 503, true),
            (BurnError::Lost.into(), 500, false),
            (InvalidInjection::Off("fail").into(), 400, false),
            (MemoryError::Invalid(String::new()).into(), 400, false),
            (MemoryError::Full.into(), 503, true),
            (MemoryError::Lost.into(), 500, false),
            (ApiError::Injected, 500, false),
        ];
        for (error, status, retry) in table {
            let response = error.error_response();
            assert_eq!(response.status().as_u16(), status, "{error}");
            let asks = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!(asks, retry, "{error}");
        }
    }
}
