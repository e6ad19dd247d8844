//! Lines on standard error while a bench runs.

use std::{
    io::{self, Write as _},
    time::Instant,
};

/// Says what is happening, with the seconds since the command was typed.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    started: Instant,
    before: u64,
}

impl Progress {
    /// `before`: seconds that had gone by already.
    pub fn after(before: u64) -> Self {
        Self {
            started: Instant::now(),
            before,
        }
    }

    /// A closed standard error must not end a run of an hour.
    pub fn say(&self, text: impl AsRef<str>) {
        let seconds = self.before + self.started.elapsed().as_secs();
        _ = writeln!(io::stderr(), "bench: {seconds:4}s  {}", text.as_ref());
    }
}
