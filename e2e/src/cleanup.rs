//! Work that is undone however it ends.

use std::panic::{AssertUnwindSafe, resume_unwind};

use anyhow::Result;
use futures_util::FutureExt as _;

/// Runs `body`, then `undo`, then gives what `body` gave. A panic of `body` goes on after `undo`.
///
/// # Errors
/// Those of `body`, then those of `undo`.
pub async fn always<T>(
    body: impl AsyncFnOnce() -> Result<T>,
    undo: impl AsyncFnOnce() -> Result<()>,
) -> Result<T> {
    // Boxed, because a whole test is a large future.
    let ended = AssertUnwindSafe(Box::pin(body())).catch_unwind().await;
    let undone = Box::pin(undo()).await;
    match ended {
        Err(panic) => resume_unwind(panic),
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(value)) => undone.map(|()| value),
    }
}
