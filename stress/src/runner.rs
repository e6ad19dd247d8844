//! Sends the requests of a load, and accounts for every one.

mod closed;
mod open;

use std::{sync::Arc, time::Duration};

use tokio_util::task::TaskTracker;

use crate::{recorder::SharedRecorder, shutdown::Stop, target::Target};

/// One load against one target. The load itself is an argument of [`Runner::open_loop`] or
/// [`Runner::closed_loop`].
#[derive(Debug)]
pub struct Runner<T> {
    pub target: Arc<T>,
    pub recorder: SharedRecorder,
    pub stop: Stop,
    pub tasks: TaskTracker,
}

impl<T: Target> Runner<T> {
    /// Waits for the answers still to come: for all of them after the last arrival (each ends
    /// within the target's timeout), for at most `grace` once the run was told to stop.
    pub async fn drain(&self, grace: Duration) {
        self.tasks.close();
        tokio::select! {
            biased;
            () = self.tasks.wait() => {}
            () = self.stop.given_up(grace) => {}
        }
    }
}
