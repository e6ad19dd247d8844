//! One case: both adapters are started, asked everything, and ended.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::{
    adapter::{Adapter, Programs},
    answer::Answer,
    case::Case,
    client::Client,
    judge::{Pair, Visited},
    prometheus::Prometheus,
};
use crate::rounds::Side;

/// # Errors
/// When the rival cannot be asked. What goes wrong on our side is an answer of ours.
pub async fn visit(
    programs: &Programs,
    client: &Client,
    prometheus: &Prometheus,
    case: Case,
) -> Result<Visited> {
    let start = |side: Side| {
        let url = prometheus.url(&case.name, side.name());
        Adapter::start(programs, &case, side, &url)
    };
    let (mut rival, mut ours) = (start(Side::Rival)?, start(Side::Ours)?);
    let (theirs, own) = tokio::join!(rival.wait(client, &case), ours.wait(client, &case));
    theirs.with_context(|| format!("{}: the rival", case.name))?;
    let mut pairs = Vec::with_capacity(case.requests.len());
    for request in &case.requests {
        let take = |side: Side| prometheus.take_asked(&case.name, side.name());
        // What was asked before is of the request before.
        _ = (take(Side::Rival), take(Side::Ours));
        let answer = match &own {
            Ok(()) => client.send(ours.address, request).await,
            Err(error) => Err(anyhow::anyhow!("ours cannot be asked: {error:#}")),
        };
        pairs.push(Pair {
            request: request.name.clone(),
            rival: client
                .send(rival.address, request)
                .await
                .with_context(|| format!("{}: the rival", case.name))?,
            ours: answer.unwrap_or_else(|error| Answer::none(&format!("{error:#}"))),
            at: Timestamp::now(),
            asked: (take(Side::Rival), take(Side::Ours)),
        });
    }
    rival.stop().await;
    ours.stop().await;
    Ok(Visited {
        case: case.name,
        pairs,
    })
}
