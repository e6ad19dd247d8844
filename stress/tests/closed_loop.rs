//! The closed loop on paused time: exact counts, and never more at once than there are workers.

#![expect(clippy::unwrap_used, reason = "test harness")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use stress::{
    load::Workers,
    outcome::{Failed, Reply},
    recorder::SharedRecorder,
    runner::Runner,
    shutdown::Stop,
    target::Target,
    verdict::Signal,
};
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

const SECOND: Duration = Duration::from_secs(1);

/// Answers after a second, and knows how many wait.
#[derive(Default)]
struct Slow {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    now: u32,
    most: u32,
}

impl Target for Slow {
    async fn fetch(&self) -> Reply {
        {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.now += 1;
            waiting.most = waiting.most.max(waiting.now);
        }
        sleep(SECOND).await;
        self.waiting.lock().unwrap().now -= 1;
        Reply {
            result: Ok(()),
            pod: None,
        }
    }

    async fn probe(&self, _: Duration) -> Result<String, Failed> {
        Ok("here".to_owned())
    }
}

fn runner() -> Runner<Slow> {
    Runner {
        target: Arc::default(),
        recorder: SharedRecorder::default(),
        stop: Stop::default(),
        tasks: TaskTracker::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_the_requests_are_sent_whether_or_not_the_workers_share_them_evenly() {
    for (count, requests, seconds) in [(20, 1000, 50), (30, 1000, 34), (20, 7, 1), (1, 3, 3)] {
        let run = runner();
        let workers = Workers {
            count,
            requests: Some(requests),
            duration: None,
        };
        let lasted = run.closed_loop(&workers).await;
        run.drain(Duration::ZERO).await;
        assert_eq!(lasted, SECOND * seconds);
        let totals = run.recorder.lock().totals();
        assert_eq!((totals.planned, totals.ok), (requests, requests));
        let most = run.target.waiting.lock().unwrap().most;
        assert_eq!(u64::from(most), u64::from(count).min(requests));
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_up_nothing_begins_and_what_has_begun_may_end() {
    let run = runner();
    let workers = Workers {
        count: 4,
        requests: None,
        duration: Some(SECOND * 5 / 2),
    };
    let begun = Instant::now();
    let lasted = run.closed_loop(&workers).await;
    run.drain(Duration::ZERO).await;
    assert_eq!((lasted, begun.elapsed()), (SECOND * 5 / 2, SECOND * 3));
    assert_eq!(run.recorder.lock().totals().ok, 12);
}

#[tokio::test(start_paused = true)]
async fn a_signal_stops_the_workers_and_their_requests_are_still_counted() {
    let run = Arc::new(runner());
    let load = tokio::spawn({
        let run = Arc::clone(&run);
        async move {
            let workers = Workers {
                count: 4,
                requests: Some(1000),
                duration: None,
            };
            run.closed_loop(&workers).await;
            run.drain(SECOND * 5).await;
        }
    });
    sleep(SECOND * 3 / 2).await;
    run.stop.receive(Signal::Terminate);
    load.await.expect("no panic");
    let totals = run.recorder.lock().totals();
    assert_eq!((totals.planned, totals.ok, totals.unfinished), (8, 8, 0));
}
