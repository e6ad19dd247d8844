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

/// Watches for ever and tells `on_change`. A watch that ends and starts again is nothing to warn of:
/// kube-apiserver ends them, and a kind that never changes may stay silent for too long. Only a list that
/// fails is, once in a series.
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
    let mut warned = false;
    loop {
        let events = watcher::watcher(api.clone(), config.clone());
        tokio::pin!(events);
        let mut listed = false;
        let end = loop {
            match events.try_next().await {
                Ok(Some(event)) => {
                    if matches!(event, Event::InitDone) {
                        if warned {
                            tracing::info!("watch {what} again");
                        }
                        (listed, warned, pause) = (true, false, FIRST_PAUSE);
                    }
                    on_change(Change::Event(event));
                }
                Ok(None) => break "the stream ended".to_owned(),
                Err(error) => break innermost(&error),
            }
        };
        if listed {
            tracing::debug!("list {what} again, for the watch ended: {end}");
        } else if !warned {
            tracing::warn!("watch {what}: {end}");
            warned = true;
        }
        on_change(Change::Interrupted(end));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
