//! How many connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files kept for everything that is not a request: output, event loop, name lookups.
const RESERVED: u64 = 64;

/// Raises the soft limit of open files to `connections` (plus a reserve) as far as the hard
/// limit lets it, and returns how many connections fit.
pub fn allow_connections(connections: u64) -> u64 {
    let wanted = connections.saturating_add(RESERVED);
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    if soft >= wanted {
        return connections;
    }
    let raised = limit.maximum.map_or(wanted, |hard| hard.min(wanted));
    let request = Rlimit {
        current: Some(raised),
        maximum: limit.maximum,
    };
    let granted = if setrlimit(Resource::Nofile, request).is_ok() {
        raised
    } else {
        soft
    };
    granted.saturating_sub(RESERVED).min(connections)
}
