//! Readiness by named gates.
//!
//! A component that must be up before we may be asked takes a [`Gate`] and opens it. Probes read
//! the gates and never wait. Shutdown withdraws readiness for good.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All gates of the process. Cheap to clone; clones share the gates.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Gate name → whether it is open.
    gates: Mutex<BTreeMap<&'static str, bool>>,
    withdrawn: AtomicBool,
}

/// One condition of readiness, closed at first.
#[derive(Debug, Clone)]
pub struct Gate {
    name: &'static str,
    shared: Arc<Shared>,
}

impl Readiness {
    /// Adds a closed gate.
    pub fn gate(&self, name: &'static str) -> Gate {
        self.shared.lock().insert(name, false);
        Gate {
            name,
            shared: Arc::clone(&self.shared),
        }
    }

    /// Not ready from here on, whatever the gates say.
    pub fn withdraw(&self) {
        self.shared.withdrawn.store(true, Ordering::Release);
    }

    pub fn is_ready(&self) -> bool {
        !self.is_withdrawn() && self.shared.lock().values().all(|open| *open)
    }

    /// Each condition and whether it holds.
    pub fn conditions(&self) -> Vec<(&'static str, bool)> {
        let gates = self.shared.lock();
        let gates = gates.iter().map(|(name, open)| (*name, *open));
        gates.chain([("shutdown", !self.is_withdrawn())]).collect()
    }

    /// One line per gate in kube-apiserver's form: `[+]name ok`, `[-]name failed`.
    pub fn report(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, ok: bool| {
            let (sign, word) = if ok { ('+', "ok") } else { ('-', "failed") };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "[{sign}]{name} {word}");
        };
        for (name, open) in self.shared.lock().iter() {
            line(name, *open);
        }
        line("shutdown", !self.is_withdrawn());
        text.push_str(if self.is_ready() {
            "readyz check passed\n"
        } else {
            "readyz check failed\n"
        });
        text
    }

    fn is_withdrawn(&self) -> bool {
        self.shared.withdrawn.load(Ordering::Acquire)
    }
}

impl Gate {
    pub fn open(&self) {
        self.set(true);
    }

    /// Logs the change only, so that it may be called on every event.
    pub fn set(&self, open: bool) {
        let before = self.shared.lock().insert(self.name, open);
        if before != Some(open) {
            tracing::info!(
                gate = self.name,
                open,
                "readiness gate `{}` open={open}",
                self.name
            );
        }
    }

    pub fn is_open(&self) -> bool {
        self.shared
            .lock()
            .get(self.name)
            .copied()
            .unwrap_or_default()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, bool>> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_every_gate_is_open_and_nothing_withdrew_it() {
        let readiness = Readiness::default();
        let (pods, cert) = (readiness.gate("pods"), readiness.gate("certificate"));
        pods.open();
        assert!(!readiness.is_ready());
        assert_eq!(
            readiness.report(),
            "[-]certificate failed\n[+]pods ok\n[+]shutdown ok\nreadyz check failed\n"
        );
        cert.open();
        assert!(readiness.is_ready());
        readiness.withdraw();
        assert!(!readiness.is_ready());
        assert!(readiness.report().contains("[-]shutdown failed"));
    }
}
