//! Sends each request when it is due, whatever became of the earlier ones.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::{
    recorder::{DropCause, SharedRecorder},
    schedule::Schedule,
    shutdown::Stop,
    target::Target,
    timer::Timer,
};

/// An arrival this far behind is dropped instead of sent: after a pause of the whole process
/// the backlog would hit the target as one burst that nobody ordered.
const STALLED: Duration = Duration::from_secs(1);
/// Arrivals released between two chances for answers and signals when the schedule is behind.
const RELEASES_PER_TURN: u32 = 64;

/// One run of one schedule against one target.
#[derive(Debug)]
pub struct Runner<T> {
    pub schedule: Schedule,
    pub target: Arc<T>,
    /// Requests waiting for an answer at any moment; more are dropped and counted.
    pub max_in_flight: u64,
    pub recorder: SharedRecorder,
    pub stop: Stop,
    pub tasks: TaskTracker,
}

impl<T: Target> Runner<T> {
    /// Releases every arrival at its due time after `start` and returns when the last due time
    /// and the duration are over, or arrivals were stopped. Returns how long arrivals lasted.
    pub async fn arrivals(&self, start: Instant, timer: &mut impl Timer) -> Duration {
        let mut released_in_turn = 0;
        for index in 0..self.schedule.planned() {
            if !self
                .wake_at(
                    start + self.schedule.wake(index),
                    timer,
                    &mut released_in_turn,
                )
                .await
            {
                return start.elapsed().min(self.schedule.duration());
            }
            self.release(start + self.schedule.due(index));
        }
        let end = start + self.schedule.duration();
        tokio::select! {
            () = timer.sleep_until(end) => {}
            () = self.stop.stopped() => {}
        }
        start.elapsed().min(self.schedule.duration())
    }

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

    /// Sleeps until `moment`. Returns false when arrivals were stopped.
    async fn wake_at(
        &self,
        moment: Instant,
        timer: &mut impl Timer,
        released_in_turn: &mut u32,
    ) -> bool {
        if moment > Instant::now() {
            *released_in_turn = 0;
            tokio::select! {
                biased;
                () = self.stop.stopped() => return false,
                () = timer.sleep_until(moment) => {}
            }
        }
        *released_in_turn += 1;
        if *released_in_turn == RELEASES_PER_TURN {
            *released_in_turn = 0;
            tokio::task::yield_now().await;
        }
        !self.stop.is_stopped()
    }

    fn release(&self, due: Instant) {
        let mut recorder = self.recorder.lock();
        if due.elapsed() > STALLED {
            return recorder.dropped(DropCause::GeneratorStalled);
        }
        if recorder.in_flight >= self.max_in_flight {
            return recorder.dropped(DropCause::InFlightCap);
        }
        recorder.released();
        drop(recorder);

        let target = Arc::clone(&self.target);
        let recorder = self.recorder.clone();
        self.tasks.spawn(async move {
            // Stamped here and not at release: a task that had to wait for its turn is late too.
            let sent = Instant::now();
            recorder.lock().sent(sent - due);
            let reply = target.fetch().await;
            recorder
                .lock()
                .finished(reply, due.elapsed(), sent.elapsed());
        });
    }
}
