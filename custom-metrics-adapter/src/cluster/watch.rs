//! A watch that is confirmed by a list after every error.
//!
//! A watch resumed after an error stays silent until something changes, so nobody could tell
//! whether it is alive. Starting over costs one list, throttled, and its end is the proof.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use crate::cluster::read::innermost;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a watch has to say.
#[derive(Debug)]
pub enum Change<K> {
    Event(Event<K>),
    /// Nothing is known for sure until the next [`Event::InitDone`]; says why, for people.
    Interrupted(String),
}

/// Watches for ever and tells `on_change`. Warns where it does not come back at once, and says when it
/// does.
pub async fn watch<K>(
    api: Api<K>,
    config: watcher::Config,
    what: &'static str,
    mut on_change: impl FnMut(Change<K>),
) -> !
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut pause = FIRST_PAUSE;
    // A server ends watches now and then, so the first end of a series is nothing to warn of.
    let mut ends = 0_u32;
    loop {
        let events = watcher::watcher(api.clone(), config.clone());
        tokio::pin!(events);
        let end = loop {
            match events.try_next().await {
                Ok(Some(event)) => {
                    if matches!(event, Event::InitDone) {
                        if ends > 1 {
                            tracing::info!("watch {what} again");
                        }
                        (ends, pause) = (0, FIRST_PAUSE);
                    }
                    on_change(Change::Event(event));
                }
                Ok(None) => break "the stream ended".to_owned(),
                Err(error) => break innermost(&error),
            }
        };
        ends = ends.saturating_add(1);
        match ends {
            1 => tracing::debug!("watch {what}: {end}"),
            2 => tracing::warn!("watch {what}: {end}"),
            _ => {}
        }
        on_change(Change::Interrupted(end));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
