//! Memory on demand: `/load?mb=` holds it for as long as it burns.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// MiB that all requests together may hold: half of the limit of 512Mi that the manifests set.
pub const MAX_MB: u32 = 256;

const MIB: usize = 1 << 20;

#[derive(Debug, Error, PartialEq, Eq)]
pub enum MemoryError {
    #[error("mb={0}: must be a whole number of MiB from 0 to {MAX_MB}")]
    Invalid(String),

    #[error("{MAX_MB} MiB are held already; ask again later")]
    Full,

    #[error("the memory could not be taken")]
    Lost,
}

/// What is left to be held; clones share it.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Semaphore>);

/// Held until it is dropped.
#[derive(Debug)]
pub struct Held {
    _bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_MB as usize)))
    }
}

impl Memory {
    /// Takes `mb` MiB, written to, so that they are really there.
    pub async fn hold(&self, mb: &str) -> Result<Held, MemoryError> {
        let mib: u32 = mb
            .parse()
            .ok()
            .filter(|mib| *mib <= MAX_MB)
            .ok_or_else(|| MemoryError::Invalid(mb.to_owned()))?;
        let permit = Arc::clone(&self.0)
            .try_acquire_many_owned(mib)
            .map_err(|_| MemoryError::Full)?;
        // Writing to 256 MiB takes a tenth of a second, which no answer shall wait for.
        let taken = tokio::task::spawn_blocking(move || Held {
            _bytes: vec![1; mib as usize * MIB],
            _permit: permit,
        });
        taken.await.map_err(|_| MemoryError::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn all_requests_share_one_bound_and_give_back_what_they_held() {
        let memory = Memory::default();
        let first = memory.hold("200").await.unwrap();
        assert_eq!(memory.hold("57").await.unwrap_err(), MemoryError::Full);
        let second = memory.hold("56").await.unwrap();
        drop(first);
        assert_eq!(memory.0.available_permits(), 200);
        drop(second);
        assert_eq!(memory.0.available_permits(), 256);
    }

    #[actix_web::test]
    async fn what_is_no_size_is_named_in_the_error() {
        for text in ["", "-1", "257", "1Mi", "1.5"] {
            let error = Memory::default().hold(text).await.unwrap_err();
            assert_eq!(error, MemoryError::Invalid(text.to_owned()));
        }
    }
}
