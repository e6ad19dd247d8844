//! What the runner needs to know about whatever is under load.

use std::{future::Future, time::Duration};

use crate::outcome::{Failed, Reply};

/// Something that answers requests.
pub trait Target: Send + Sync + 'static {
    /// One request, from its connection to the last byte of the response. Ends within the
    /// target's own timeout, with every error inside the reply.
    fn fetch(&self) -> impl Future<Output = Reply> + Send;

    /// Tries the way to the target without sending a request, so that the target's counters
    /// stay untouched; at most `limit`. Returns in words what was reached.
    fn probe(&self, limit: Duration) -> impl Future<Output = Result<String, Failed>> + Send;
}
