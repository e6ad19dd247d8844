//! Bounded waits on a condition. A condition is a function that gives a value or says why not yet;
//! the last "why not" is the error of a wait that runs out.

use std::fmt::Debug;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow};
use futures_util::TryStreamExt as _;
use kube::runtime::watcher::watch_object;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, interval, timeout_at};

/// For what one component does by itself: a pod starts or ends, discovery notices a change.
/// A bound, not a promise: only a test that fails gets to know it.
pub const SOON: Duration = Duration::from_mins(1);
/// For what takes several looks of the HPA controller (every 15 s) over a window of a minute.
pub const LATER: Duration = Duration::from_mins(4);

/// Between two looks at what no watch can show: answers over HTTP, Prometheus, sets of objects.
const POLL: Duration = Duration::from_millis(500);

/// Watches one object until `condition` gives a value. `None` is an object that is not there.
///
/// # Errors
/// What was waited for, for how long, and the last reason why not.
pub async fn watch<K, T>(
    api: &Api<K>,
    name: &str,
    what: &str,
    bound: Duration,
    condition: impl Fn(Option<K>) -> Result<T>,
) -> Result<T>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let began = Instant::now();
    let deadline = began + bound;
    let mut states = pin!(watch_object(api.clone(), name));
    let mut last = anyhow!("nothing was seen of {name}");
    loop {
        match timeout_at(deadline, states.try_next()).await {
            Err(_) => return Err(gave_up(last, what, bound)),
            Ok(Ok(Some(state))) => match condition(state) {
                Ok(value) => {
                    tell(what, began);
                    return Ok(value);
                }
                Err(why_not) => last = why_not,
            },
            Ok(Ok(None)) => return Err(last.context(format!("the watch for {what} ended"))),
            // The watcher resumes by itself, but at once: the bound is its only limit.
            Ok(Err(broken)) => last = Error::new(broken),
        }
    }
}

/// Tries until `attempt` gives a value.
///
/// # Errors
/// What was waited for, for how long, and the last reason why not.
pub async fn poll<T>(
    what: &str,
    bound: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let began = Instant::now();
    let deadline = began + bound;
    let mut ticks = interval(POLL);
    let mut last = anyhow!("no attempt came to an end");
    loop {
        let next = async {
            ticks.tick().await;
            attempt().await
        };
        match timeout_at(deadline, next).await {
            Err(_) => return Err(gave_up(last, what, bound)),
            Ok(Ok(value)) => {
                tell(what, began);
                return Ok(value);
            }
            Ok(Err(why_not)) => last = why_not,
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test shows what it waited for")]
fn tell(what: &str, began: Instant) {
    eprintln!("waited {:>3}s for {what}", began.elapsed().as_secs());
}

fn gave_up(last: Error, what: &str, bound: Duration) -> Error {
    last.context(format!(
        "gave up after {}s waiting for {what}",
        bound.as_secs()
    ))
}

/// Waits until an object is gone.
pub async fn gone<K>(api: &Api<K>, name: &str, bound: Duration) -> Result<()>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    watch(
        api,
        name,
        &format!("the end of {name}"),
        bound,
        |state| match state {
            None => Ok(()),
            Some(_) => Err(anyhow!("{name} is still there")),
        },
    )
    .await
    .context("deletion")
}
