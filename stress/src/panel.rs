//! The run at a glance, redrawn every second on a terminal.

use std::{
    collections::VecDeque,
    fmt::{self, Write},
    time::Duration,
};

use crate::{load::Load, progress::shares, sampler::Sample, words::latency};

/// Cells of the progress bar, and seconds of the history beneath it.
const CELLS: usize = 60;
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the samples of one run.
#[derive(Debug)]
pub struct Panel {
    title: String,
    load: Load,
    rates: VecDeque<f64>,
}

impl Panel {
    pub fn new(url: &str, load: Load) -> Self {
        Self {
            title: format!("{url}   {load}"),
            load,
            rates: VecDeque::with_capacity(CELLS),
        }
    }

    /// The frame after `sample`, no line longer than `width`.
    pub fn frame(&mut self, sample: &Sample, width: usize) -> String {
        if self.rates.len() == CELLS {
            self.rates.pop_front();
        }
        self.rates.push_back(sample.rate());
        let mut frame = String::new();
        // Writing to a string cannot fail.
        let _ = self.draw(&mut frame, sample);
        let lines: Vec<String> = frame
            .lines()
            .map(|line| line.chars().take(width).collect())
            .collect();
        lines.join("\n")
    }

    fn draw(&self, out: &mut String, sample: &Sample) -> fmt::Result {
        let counts = &sample.counts;
        let interval = &sample.interval;
        writeln!(out, "{}", self.title)?;
        writeln!(out, "{} {}", self.bar(sample), self.progress(sample))?;
        writeln!(out, "{}  sent/s, last minute", self.history())?;
        writeln!(
            out,
            "rate     {:.1}/s sent, {}/s due   in flight {}   late {}",
            sample.rate(),
            interval.counts.planned,
            sample.in_flight,
            counts.late
        )?;
        writeln!(
            out,
            "answers  ok {}   failed {}   dropped {}",
            counts.ok, counts.failed, counts.dropped
        )?;
        let [p50, p99] = [interval.p50, interval.p99].map(latency);
        writeln!(out, "latency  p50 {p50}   p99 {p99}   in this second")?;
        let [least, most] = shares(&interval.spread);
        writeln!(
            out,
            "pods     {} answered, least {least}, most {most}   connections {} new",
            interval.spread.pods, sample.connections
        )
    }

    /// What is done of the load, from 0 to 1, if it is known how much there is.
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    fn done(&self, sample: &Sample) -> Option<f64> {
        let by_requests = match &self.load {
            Load::Closed(workers) => workers
                .requests
                .map(|requests| sample.counts.sent as f64 / requests as f64),
            Load::Open { .. } => None,
        };
        let by_time = self
            .load
            .duration()
            .map(|duration| f64::from(sample.second) / duration.as_secs_f64());
        let done = by_requests.into_iter().chain(by_time).reduce(f64::max)?;
        Some(done.min(1.0))
    }

    fn bar(&self, sample: &Sample) -> String {
        let full = cells(self.done(sample).unwrap_or(0.0), CELLS);
        let [full, left] = [("█", full), ("░", CELLS - full)].map(|(cell, n)| cell.repeat(n));
        full + &left
    }

    fn progress(&self, sample: &Sample) -> String {
        let now = humantime::format_duration(Duration::from_secs(sample.second.into()));
        match self.load.duration() {
            Some(duration) => format!("{now} of {}", humantime::format_duration(duration)),
            None => now.to_string(),
        }
    }

    fn history(&self) -> String {
        let most = self.rates.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let level = |rate: &f64| LEVELS[cells(rate / most, LEVELS.len() - 1)];
        let drawn: String = self.rates.iter().map(level).collect();
        format!("{drawn:<CELLS$}")
    }
}

/// The whole number of `of` cells next to `part` of them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part from 0 to 1 of a few cells"
)]
fn cells(part: f64, of: usize) -> usize {
    ((part * of as f64).round() as usize).min(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{load::Workers, profile::Profile, progress::tests::sample};

    fn open() -> Load {
        let profile: Profile = "ramp to 100 over 12s, 100/s for 12s"
            .parse()
            .expect("a profile");
        Load::Open {
            profile,
            max_in_flight: 64,
        }
    }

    #[test]
    fn a_frame_shows_the_run_at_a_glance() {
        let mut panel = Panel::new("http://workload:8080/", open());
        for tenth in 1..=9u64 {
            let mut earlier = sample();
            earlier.interval.counts.sent = tenth * 10;
            panel.frame(&earlier, 100);
        }
        insta::assert_snapshot!(panel.frame(&sample(), 100), @r"
        http://workload:8080/   ramp to 100/s over 12s, 100/s for 12s
        ██████████████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 12s of 24s
        ▂▂▃▄▅▅▆▇▇█                                                    sent/s, last minute
        rate     100.0/s sent, 100/s due   in flight 3   late 1
        answers  ok 1195   failed 2   dropped 0
        latency  p50 1.2ms   p99 8.4ms   in this second
        pods     4 answered, least 20.41%, most 28.57%   connections 100 new
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_all_frames_are_as_high() {
        let mut panel = Panel::new("http://workload:8080/", open());
        for width in [10, 40, 200] {
            for _ in 0..CELLS + 5 {
                let frame = panel.frame(&sample(), width);
                assert_eq!(frame.lines().count(), 7);
                assert!(frame.lines().all(|line| line.chars().count() <= width));
            }
        }
    }

    #[test]
    fn a_closed_loop_counts_its_requests() {
        let workers = |requests, duration| {
            Load::Closed(Workers {
                count: 20,
                requests,
                duration,
            })
        };
        let done = |load| Panel::new("", load).done(&sample());
        assert_eq!(done(workers(Some(2400), None)), Some(0.5));
        let minute = Some(Duration::from_mins(1));
        assert_eq!(done(workers(Some(2400), minute)), Some(0.5));
        assert_eq!(done(workers(None, minute)), Some(0.2));
        assert_eq!(done(workers(None, None)), None);
    }
}
