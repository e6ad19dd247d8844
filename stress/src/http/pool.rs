//! Idle connections, each with a bounded life.
//!
//! A Service spreads connections, not requests: a connection that lives for ever keeps its load
//! on one pod, and pods that join later stay idle.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::connection::Connection;

/// How long a connection may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Requests on one connection.
    pub requests: u32,
    pub age: Duration,
}

/// Idle connections, the one used last taken first.
#[derive(Debug)]
pub struct Pool {
    life: Life,
    most_idle: usize,
    idle: Mutex<VecDeque<Connection>>,
}

impl Pool {
    pub fn new(life: Life, most_idle: usize) -> Self {
        Self {
            life,
            most_idle,
            idle: Mutex::default(),
        }
    }

    /// Whether `connection` may serve another request after its current one.
    pub fn outlives(&self, connection: &Connection) -> bool {
        connection.requests < self.life.requests && connection.opened.elapsed() < self.life.age
    }

    /// The connection that was idle for the shortest time, if any is young enough.
    pub fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|connection| connection.opened.elapsed() < self.life.age);
        idle.pop_back()
    }

    pub fn put(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() >= self.most_idle {
            idle.pop_front();
        }
        idle.push_back(connection);
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
