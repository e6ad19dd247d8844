//! Whether new traffic is wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ready from the start, withdrawn once and for good; clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    draining: Arc<AtomicBool>,
}

impl Readiness {
    pub fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }

    /// Asks clients and endpoints to go elsewhere.
    pub fn withdraw(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}
