//! How every test begins and ends.

use std::panic::{AssertUnwindSafe, resume_unwind};

use anyhow::{Context as _, Result, anyhow};
use futures_util::FutureExt as _;
use tokio::sync::OnceCell;

use crate::cluster::Cluster;
use crate::{dump, scripts};

/// The first deploy of this process. A failure is kept too: the other tests need not wait for it again.
static DEPLOYED: OnceCell<Result<(), String>> = OnceCell::const_new();

/// Runs `body` with the stack deployed; any test may come first, or be the only one.
pub async fn on_stack(body: impl AsyncFnOnce(&Cluster) -> Result<()>) -> Result<()> {
    on_cluster(async |cluster| {
        DEPLOYED
            .get_or_init(async || {
                scripts::deploy(cluster)
                    .await
                    .map(drop)
                    .map_err(|failure| format!("{failure:#}"))
            })
            .await
            .as_ref()
            .map_err(|failure| anyhow!("{failure}"))
            .context("the stack cannot be deployed")?;
        body(cluster).await
    })
    .await
}

/// Runs `body`; where it fails, shows the state of the cluster first.
pub async fn on_cluster(body: impl AsyncFnOnce(&Cluster) -> Result<()>) -> Result<()> {
    let cluster = Cluster::connect().await?;
    // Boxed, because a whole test is a large future.
    let ended = AssertUnwindSafe(Box::pin(body(&cluster)))
        .catch_unwind()
        .await;
    if !matches!(ended, Ok(Ok(()))) {
        dump::state(&cluster).await;
    }
    ended.unwrap_or_else(|panic| resume_unwind(panic))
}
