//! How every test begins and ends.

use std::env;
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
    on_stack_then(body, async |_| Ok(())).await
}

/// As [`on_stack`], and then `undo`, however `body` ends.
pub async fn on_stack_then(
    body: impl AsyncFnOnce(&Cluster) -> Result<()>,
    undo: impl AsyncFnOnce(&Cluster) -> Result<()>,
) -> Result<()> {
    let deployed_first = async |cluster: &Cluster| {
        deployed(cluster).await?;
        body(cluster).await
    };
    on_cluster_then(deployed_first, undo).await
}

/// Runs `body` on the cluster as it is, and then `undo`, however `body` ends.
/// Where `body` fails, the state of the cluster is shown first; with `E2E_KEEP=1` it is also left like that.
pub async fn on_cluster_then(
    body: impl AsyncFnOnce(&Cluster) -> Result<()>,
    undo: impl AsyncFnOnce(&Cluster) -> Result<()>,
) -> Result<()> {
    let cluster = Cluster::connect().await?;
    // Boxed, because a whole test is a large future.
    let ended = AssertUnwindSafe(Box::pin(body(&cluster)))
        .catch_unwind()
        .await;
    let failed = !matches!(ended, Ok(Ok(())));
    if failed {
        dump::state(&cluster).await;
    }
    if failed && env::var("E2E_KEEP").is_ok_and(|keep| keep == "1") {
        return ended.unwrap_or_else(|panic| resume_unwind(panic));
    }
    let undone = Box::pin(undo(&cluster)).await;
    match ended {
        Err(panic) => resume_unwind(panic),
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(())) => undone.context("undo what the test did"),
    }
}

async fn deployed(cluster: &Cluster) -> Result<()> {
    let outcome = DEPLOYED.get_or_init(async || {
        let deploy = scripts::deploy(cluster).await;
        deploy.map(drop).map_err(|failure| format!("{failure:#}"))
    });
    let outcome = outcome.await.as_ref();
    outcome
        .copied()
        .map_err(|failure| anyhow!("the stack cannot be deployed: {failure}"))
}
