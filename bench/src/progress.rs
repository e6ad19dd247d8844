//! Lines on standard error while a bench runs.

use std::{
    io::{self, Write as _},
    time::Instant,
};

/// Says what is happening, with the seconds since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    started: Instant,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }

    /// A closed standard error must not end a run of an hour.
    pub fn say(&self, text: impl AsRef<str>) {
        let seconds = self.started.elapsed().as_secs();
        _ = writeln!(io::stderr(), "bench: {seconds:4}s  {}", text.as_ref());
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
