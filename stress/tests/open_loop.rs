//! The open loop on paused time: what the runner does whatever the target does.

#![expect(clippy::unwrap_used, reason = "test harness")]

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use stress::{
    outcome::{Failed, Reply},
    profile::Profile,
    recorder::SharedRecorder,
    runner::Runner,
    schedule::Schedule,
    shutdown::Stop,
    target::Target,
    timer::{RuntimeTimer, Timer},
    verdict::Signal,
};
use tokio::time::{Instant, advance, sleep};
use tokio_util::task::TaskTracker;

const MS: Duration = Duration::from_millis(1);

/// Notes when each request arrives and answers after `delay`, or never.
struct Stalled {
    delay: Option<Duration>,
    arrived: Mutex<Vec<Instant>>,
}

impl Target for Stalled {
    async fn fetch(&self) -> Reply {
        self.arrived.lock().unwrap().push(Instant::now());
        match self.delay {
            Some(delay) => sleep(delay).await,
            None => pending().await,
        }
        Reply {
            result: Ok(()),
            pod: None,
        }
    }

    async fn probe(&self, _: Duration) -> Result<String, Failed> {
        Ok("here".to_owned())
    }
}

/// A load and the runner that sends it.
struct Run {
    schedule: Schedule,
    max_in_flight: u64,
    runner: Runner<Stalled>,
}

impl Run {
    fn new(profile: &str, delay: Option<Duration>, max_in_flight: u64) -> Self {
        let profile: Profile = profile.parse().unwrap();
        let runner = Runner {
            target: Arc::new(Stalled {
                delay,
                arrived: Mutex::default(),
            }),
            recorder: SharedRecorder::default(),
            stop: Stop::default(),
            tasks: TaskTracker::new(),
        };
        Self {
            schedule: Schedule::new(&profile),
            max_in_flight,
            runner,
        }
    }

    async fn arrivals(&self, start: Instant, timer: &mut impl Timer) -> Duration {
        self.runner
            .open_loop(&self.schedule, self.max_in_flight, start, timer)
            .await
    }
}

/// Offsets from `start` at which requests reached the target.
fn arrived(run: &Run, start: Instant) -> Vec<Duration> {
    let arrived = run.runner.target.arrived.lock().unwrap();
    arrived.iter().map(|at| *at - start).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stalled_target_does_not_slow_the_arrivals() {
    let run = Run::new("100 for 2000ms", Some(10_000 * MS), 1200);
    let start = Instant::now();
    let lasted = run.arrivals(start, &mut RuntimeTimer).await;
    run.runner.drain(Duration::ZERO).await;

    let due: Vec<_> = (0..200).map(|i| 10 * MS * i).collect();
    assert_eq!(arrived(&run, start), due);
    assert_eq!(lasted, 2000 * MS);
    let recorder = run.runner.recorder.lock();
    let totals = recorder.totals();
    assert_eq!((totals.planned, totals.ok, totals.dropped), (200, 200, 0));
    assert_eq!(recorder.counts().late, 0);
    assert!(
        recorder.from_due.min() >= 9_990_000,
        "the stall is in every latency (the histogram keeps 3 digits)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ramp_leaves_as_dense_as_its_rate() {
    let run = Run::new(
        "10 for 1s, ramp to 110 over 10s, 0 for 1s, 5 for 1s",
        Some(MS),
        1200,
    );
    let start = Instant::now();
    let lasted = run.arrivals(start, &mut RuntimeTimer).await;
    run.runner.drain(Duration::ZERO).await;
    assert_eq!(lasted, 13_000 * MS);
    let arrived = arrived(&run, start);
    let between = |from: u32, to: u32| {
        let within = arrived
            .iter()
            .filter(|at| (from * MS..to * MS).contains(*at));
        within.count()
    };
    assert_eq!((between(0, 1000), between(1000, 11_000)), (10, 600));
    // 10 t + 5 t² in the ramp: the second half has more than twice what the first one has.
    assert_eq!((between(1000, 6000), between(6000, 11_000)), (175, 425));
    assert_eq!((between(11_000, 12_000), between(12_000, 13_000)), (0, 5));
}

#[tokio::test(start_paused = true)]
async fn beyond_the_cap_requests_are_dropped_and_counted() {
    let run = Run::new("100 for 2000ms", None, 50);
    run.arrivals(Instant::now(), &mut RuntimeTimer).await;
    let totals = run.runner.recorder.lock().totals();
    assert_eq!(
        (totals.planned, totals.unfinished, totals.dropped),
        (200, 50, 150)
    );
    assert_eq!(run.runner.recorder.lock().dropped_at_cap, 150);
    assert!(totals.add_up());
}

#[tokio::test(start_paused = true)]
async fn fast_arrivals_leave_in_batches_of_a_millisecond_and_never_early() {
    let run = Run::new("20000 for 100ms", Some(MS), 10_000);
    let start = Instant::now();
    run.arrivals(start, &mut RuntimeTimer).await;
    run.runner.drain(Duration::ZERO).await;
    let arrived = arrived(&run, start);
    assert_eq!(arrived.len(), 2000);
    for (index, arrived) in (0..).zip(arrived) {
        let due = run.schedule.arrival(index).due;
        assert!(
            arrived >= due && arrived < due + 2 * MS,
            "{index}: due {due:?}, sent {arrived:?}"
        );
    }
}

/// Stands still for a while when arrival `at` is next, as a throttled process does.
struct Hiccup {
    at: u32,
    pause: Duration,
    waits: u32,
}

impl Timer for Hiccup {
    async fn sleep_until(&mut self, deadline: Instant) {
        tokio::time::sleep_until(deadline).await;
        self.waits += 1;
        if self.waits == self.at {
            advance(self.pause).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_short_hiccup_everything_due_is_sent_and_counted_as_late() {
    let run = Run::new("100 for 2000ms", Some(MS), 1200);
    let mut timer = Hiccup {
        at: 50,
        pause: 500 * MS,
        waits: 0,
    };
    run.arrivals(Instant::now(), &mut timer).await;
    run.runner.drain(Duration::ZERO).await;
    let recorder = run.runner.recorder.lock();
    assert_eq!((recorder.counts().sent, recorder.dropped_stalled), (200, 0));
    // Due 0, 10, … 490 ms before the end of the pause: all but the last two are over 10 ms late.
    assert_eq!(recorder.counts().late, 49);
    assert!(recorder.from_due.max() > 500_000 && recorder.from_send.max() < 10_000);
}

#[tokio::test(start_paused = true)]
async fn after_a_long_pause_the_backlog_is_dropped_instead_of_sent_as_a_burst() {
    let run = Run::new("100 for 10s", Some(MS), 1200);
    let mut timer = Hiccup {
        at: 100,
        pause: 5000 * MS,
        waits: 0,
    };
    run.arrivals(Instant::now(), &mut timer).await;
    run.runner.drain(Duration::ZERO).await;
    let recorder = run.runner.recorder.lock();
    let totals = recorder.totals();
    assert_eq!(totals.planned, 1000);
    assert!(recorder.dropped_stalled >= 399, "{totals:?}");
    assert_eq!(totals.ok + recorder.dropped_stalled, 1000);
}

#[tokio::test(start_paused = true)]
async fn a_signal_stops_the_arrivals_and_leaves_the_rest_unfinished_after_the_grace() {
    let run = Arc::new(Run::new("100 for 1m", None, 10_000));
    let start = Instant::now();
    let load = tokio::spawn({
        let run = Arc::clone(&run);
        async move {
            let lasted = run.arrivals(start, &mut RuntimeTimer).await;
            run.runner.drain(5000 * MS).await;
            lasted
        }
    });
    sleep(1995 * MS).await;
    run.runner.stop.receive(Signal::Terminate);
    let lasted = load.await.expect("no panic");
    assert_eq!(lasted, 1995 * MS);
    assert_eq!(start.elapsed(), 6995 * MS);
    let totals = run.runner.recorder.lock().totals();
    assert_eq!((totals.planned, totals.unfinished), (200, 200));
}
