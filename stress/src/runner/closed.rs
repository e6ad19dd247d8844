//! The closed loop: so many workers, each with one request at a time.
//!
//! A slow target slows this load down, and the requests it never saw have no latency. That is
//! what a fixed number of patient clients does, and not what the clients of a service do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::Runner;
use crate::{
    load::Workers,
    recorder::{Latency, SharedRecorder},
    shutdown::Stop,
    target::Target,
};

impl<T: Target> Runner<T> {
    /// Runs `workers` from now on until their requests or their time are used up, or arrivals are
    /// stopped. Returns how long requests were sent; answers may still be on their way.
    pub async fn closed_loop(&self, workers: &Workers) -> Duration {
        let start = Instant::now();
        let end = workers.duration.map(|duration| start + duration);
        let requests = Arc::new(AtomicU64::new(workers.requests.unwrap_or(u64::MAX)));
        for _ in 0..workers.count {
            let worker = Worker {
                target: Arc::clone(&self.target),
                recorder: self.recorder.clone(),
                stop: self.stop.clone(),
                requests: Arc::clone(&requests),
                end,
            };
            self.tasks.spawn(worker.work());
        }
        self.tasks.close();
        let time_is_up = async {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.tasks.wait() => {}
            () = time_is_up => {}
            () = self.stop.stopped() => {}
        }
        start.elapsed()
    }
}

struct Worker<T> {
    target: Arc<T>,
    recorder: SharedRecorder,
    stop: Stop,
    /// Left for all workers together.
    requests: Arc<AtomicU64>,
    end: Option<Instant>,
}

impl<T: Target> Worker<T> {
    async fn work(self) {
        while self.may_send() {
            let sent = Instant::now();
            self.recorder.lock().begun();
            let reply = self.target.fetch().await;
            let latency = Latency {
                from_due: None,
                from_send: sent.elapsed(),
            };
            self.recorder.lock().finished(reply, latency);
        }
    }

    /// Takes one of the requests that are left, while there is time.
    fn may_send(&self) -> bool {
        let is_over = self.stop.is_stopped() || self.end.is_some_and(|end| Instant::now() >= end);
        !is_over
            && self
                .requests
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
    }
}
