//! The open loop: each request leaves when it is due, whatever became of the earlier ones.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::Runner;
use crate::{
    recorder::{DropCause, Latency},
    schedule::Schedule,
    target::Target,
    timer::Timer,
};

/// An arrival this far behind is dropped instead of sent: after a pause of the whole process
/// the backlog would hit the target as one burst that nobody ordered.
const STALLED: Duration = Duration::from_secs(1);
/// Arrivals released between two chances for answers and signals when the schedule is behind.
const RELEASES_PER_TURN: u32 = 64;

impl<T: Target> Runner<T> {
    /// Releases every arrival of `schedule` at its due time after `start`, unless `max_in_flight`
    /// requests wait for answers: then it is dropped and counted. Returns when the last due time
    /// and the duration are over, or arrivals were stopped. Returns how long arrivals lasted.
    pub async fn open_loop(
        &self,
        schedule: &Schedule,
        max_in_flight: u64,
        start: Instant,
        timer: &mut impl Timer,
    ) -> Duration {
        let lasted = || start.elapsed().min(schedule.duration());
        let mut released_in_turn = 0;
        for index in 0..schedule.planned() {
            let arrival = schedule.arrival(index);
            let wake = start + arrival.wake;
            if !self.wake_at(wake, timer, &mut released_in_turn).await {
                return lasted();
            }
            self.release(start + arrival.due, max_in_flight);
        }
        let end = start + schedule.duration();
        tokio::select! {
            () = timer.sleep_until(end) => {}
            () = self.stop.stopped() => {}
        }
        lasted()
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

    fn release(&self, due: Instant, max_in_flight: u64) {
        let mut recorder = self.recorder.lock();
        if due.elapsed() > STALLED {
            return recorder.dropped(DropCause::GeneratorStalled);
        }
        if recorder.in_flight >= max_in_flight {
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
            let done = Instant::now();
            let latency = Latency {
                from_due: Some(done - due),
                from_send: done - sent,
            };
            recorder.lock().finished(reply, latency);
        });
    }
}
