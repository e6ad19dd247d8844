//! One HTTP answer, whoever gave it.

use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use kube::core::Status;
use serde_json::Value;

/// Status code and whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub path: String,
    pub status: StatusCode,
    pub body: String,
}

impl Answer {
    /// The body of a 200.
    pub fn text(&self) -> Result<&str> {
        ensure!(
            self.status == StatusCode::OK,
            "GET {} gave {}: {}",
            self.path,
            self.status,
            self.body
        );
        Ok(&self.body)
    }

    /// The body of a 200, as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(self.text()?)
            .with_context(|| format!("GET {} gave no JSON: {}", self.path, self.body))
    }

    /// The `metav1.Status` of a refusal: an error that says so in kind, code and reason.
    pub fn refusal(&self) -> Result<Status> {
        ensure!(
            !self.status.is_success(),
            "GET {} gave {}: {}",
            self.path,
            self.status,
            self.body
        );
        let kind: Value = serde_json::from_str(&self.body).with_context(|| {
            format!(
                "GET {} gave {} without JSON: {}",
                self.path, self.status, self.body
            )
        })?;
        ensure!(
            kind["kind"] == "Status",
            "GET {} gave {} without a Status: {kind}",
            self.path,
            self.status
        );
        let status: Status = serde_json::from_value(kind)?;
        ensure!(
            status.code == self.status.as_u16(),
            "GET {}: code {} in an HTTP {}",
            self.path,
            status.code,
            self.status
        );
        Ok(status)
    }
}
