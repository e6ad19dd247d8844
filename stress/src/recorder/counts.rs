//! What became of requests, in numbers. Pure.

/// How often each thing has happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came due, or were taken up by a worker.
    pub planned: u64,
    pub sent: u64,
    pub ok: u64,
    pub failed: u64,
    pub dropped: u64,
    /// Sent later than [`LATE`](super::LATE).
    pub late: u64,
}

impl Counts {
    /// What has happened since `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            planned: self.planned - before.planned,
            sent: self.sent - before.sent,
            ok: self.ok - before.ok,
            failed: self.failed - before.failed,
            dropped: self.dropped - before.dropped,
            late: self.late - before.late,
        }
    }
}
