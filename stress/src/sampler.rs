//! What each second of a run looked like: one sample, for everyone who shows it.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    recorder::{Counts, Interval, SharedRecorder},
    timer::Timer,
};

/// Samples are taken this long before the full second, so that the arrival due exactly then falls
/// into the second it begins. Only affects how the counts are cut into seconds.
pub const LEAD: Duration = Duration::from_millis(2);
const TICK: Duration = Duration::from_secs(1);

/// One second, or the rest of one at the end.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Seconds from the start to the end of this one.
    pub second: u32,
    /// How long it really was: longer after a pause of the whole process.
    pub lasted: Duration,
    /// Since the start.
    pub counts: Counts,
    pub in_flight: u64,
    /// In this second.
    pub interval: Interval,
    /// Connections opened in this second.
    pub connections: u64,
}

impl Sample {
    /// Requests sent per second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of one second, for display"
    )]
    pub fn rate(&self) -> f64 {
        self.interval.counts.sent as f64 / self.lasted.as_secs_f64()
    }
}

/// Cuts a run into seconds.
#[derive(Debug)]
pub struct Sampler<F> {
    recorder: SharedRecorder,
    connections: F,
    start: Instant,
    last: Instant,
    last_second: u32,
    last_connections: u64,
}

impl<F: Fn() -> u64> Sampler<F> {
    /// For a run that starts at `start`, at [`LEAD`] from now or later. `connections` tells how
    /// many were opened until now.
    pub fn new(recorder: SharedRecorder, connections: F, start: Instant) -> Self {
        Self {
            recorder,
            connections,
            start,
            last: start - LEAD,
            last_second: 0,
            last_connections: 0,
        }
    }

    /// Hands a sample of every second to `show`, until it is cancelled.
    pub async fn every_second(
        &mut self,
        timer: &mut impl Timer,
        mut show: impl FnMut(&Sample),
    ) -> ! {
        loop {
            let next = self.last_second + 1;
            timer.sleep_until(self.start + TICK * next - LEAD).await;
            // After a pause of the whole process the missed samples stay missing.
            let now = Instant::now();
            let second = next.max(whole_seconds(now + LEAD - self.start));
            show(&self.sample(second, now));
        }
    }

    /// A sample of what has happened since the last full second, if anything has.
    pub fn rest(&mut self) -> Option<Sample> {
        let sample = self.sample(self.last_second + 1, Instant::now());
        (sample.interval != Interval::default()).then_some(sample)
    }

    fn sample(&mut self, second: u32, now: Instant) -> Sample {
        let connections = (self.connections)();
        let mut recorder = self.recorder.lock();
        let sample = Sample {
            second,
            lasted: now - self.last,
            counts: recorder.counts(),
            in_flight: recorder.in_flight,
            interval: recorder.take_interval(),
            connections: connections - self.last_connections,
        };
        drop(recorder);
        (self.last, self.last_second, self.last_connections) = (now, second, connections);
        sample
    }
}

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::RuntimeTimer;
    use tokio::time::{advance, timeout};

    fn sampler(recorder: &SharedRecorder) -> Sampler<impl Fn() -> u64 + use<>> {
        Sampler::new(recorder.clone(), || 7, Instant::now() + LEAD)
    }

    #[tokio::test(start_paused = true)]
    async fn every_second_has_its_sample_and_the_rest_comes_at_the_end() {
        let recorder = SharedRecorder::default();
        let mut sampler = sampler(&recorder);
        let mut seconds = Vec::new();
        let count = |sample: &Sample| {
            seconds.push((sample.second, sample.interval.counts.sent));
            recorder.lock().begun();
        };
        let three = Duration::from_millis(3500);
        let _ = timeout(three, sampler.every_second(&mut RuntimeTimer, count)).await;
        assert_eq!(seconds, [(1, 0), (2, 1), (3, 1)]);
        let rest = sampler.rest().expect("one was sent");
        assert_eq!((rest.second, rest.interval.counts.sent), (4, 1));
        assert!(sampler.rest().is_none(), "nothing has happened since");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_of_the_process_the_missed_seconds_stay_missing() {
        let recorder = SharedRecorder::default();
        let mut sampler = sampler(&recorder);
        advance(Duration::from_millis(5500)).await;
        let mut seconds = Vec::new();
        let show = |sample: &Sample| seconds.push((sample.second, sample.connections));
        let _ = timeout(TICK, sampler.every_second(&mut RuntimeTimer, show)).await;
        assert_eq!(seconds, [(5, 7), (6, 0)]);
    }
}
