//! The addresses of a host name, looked up again every second for as long as the load lasts.
//!
//! Pods of a headless Service come and go, so an answer must not be kept; and one lookup per
//! request would put a second load on the cluster's DNS. Lookups go through the C library, one at
//! a time, off the request path.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::lookup_host,
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep},
};

use crate::outcome::{Failed, Failure};

/// Pause between two lookups.
const REFRESH: Duration = Duration::from_secs(1);
/// How long the last good answer is used while lookups fail.
const KEEP: Duration = Duration::from_secs(30);
/// Addresses used of one answer.
const MOST_ADDRESSES: usize = 256;

/// What is known about a name.
#[derive(Clone, Debug, Default)]
struct Known {
    addresses: Arc<[SocketAddr]>,
    resolved: Option<Instant>,
    error: Option<String>,
    failed: u64,
}

impl Known {
    fn is_decided(&self) -> bool {
        !self.addresses.is_empty() || self.error.is_some()
    }

    /// Takes in the answer of a lookup at `now`.
    fn learn(&mut self, answer: io::Result<Vec<SocketAddr>>, now: Instant) {
        let error = match answer {
            Ok(mut found) if !found.is_empty() => {
                found.sort_unstable();
                found.dedup();
                found.truncate(MOST_ADDRESSES);
                *self = Self {
                    addresses: found.into(),
                    resolved: Some(now),
                    error: None,
                    failed: self.failed,
                };
                return;
            }
            Ok(_) => "no address".to_owned(),
            Err(error) => error.to_string(),
        };
        self.failed += 1;
        self.error = Some(error);
        if self.resolved.is_none_or(|resolved| now - resolved > KEEP) {
            self.addresses = Arc::default();
        }
    }
}

/// Follows the addresses of one host.
#[derive(Debug)]
pub struct Resolver {
    host: String,
    known: watch::Receiver<Known>,
    refresh: Option<AbortHandle>,
}

impl Resolver {
    /// An IP address is used as it is; a name is looked up now and every second.
    pub fn start(host: &str, port: u16) -> Self {
        let (publish, known) = watch::channel(Known::default());
        let refresh = match host.parse::<IpAddr>() {
            Ok(ip) => {
                publish
                    .send_modify(|known| known.learn(Ok(vec![(ip, port).into()]), Instant::now()));
                None
            }
            Err(_) => Some(tokio::spawn(follow(host.to_owned(), port, publish)).abort_handle()),
        };
        Self {
            host: host.to_owned(),
            known,
            refresh,
        }
    }

    /// Stands for a name that always has these addresses.
    #[cfg(test)]
    pub(super) fn fixed(addresses: Vec<SocketAddr>) -> Self {
        let (publish, known) = watch::channel(Known::default());
        publish.send_modify(|known| known.learn(Ok(addresses), Instant::now()));
        Self {
            host: "fixed".to_owned(),
            known,
            refresh: None,
        }
    }

    /// The addresses known now, never empty; waits only for the very first answer.
    pub async fn addresses(&self) -> Result<Arc<[SocketAddr]>, Failed> {
        let mut known = self.known.clone();
        let decided = known.wait_for(Known::is_decided).await;
        // The sender lives as long as the refresh, and a fixed address is decided from the start.
        let known = decided.map_err(|_| self.failed("lookup ended"))?;
        if known.addresses.is_empty() {
            return Err(self.failed(known.error.as_deref().unwrap_or("no address")));
        }
        Ok(Arc::clone(&known.addresses))
    }

    pub fn failed_lookups(&self) -> u64 {
        self.known.borrow().failed
    }

    fn failed(&self, why: &str) -> Failed {
        Failed::new(Failure::Dns, format!("look up {}: {why}", self.host))
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        if let Some(refresh) = &self.refresh {
            refresh.abort();
        }
    }
}

async fn follow(host: String, port: u16, publish: watch::Sender<Known>) {
    loop {
        let answer = lookup_host((host.as_str(), port))
            .await
            .map(Iterator::collect);
        publish.send_modify(|known| known.learn(answer, Instant::now()));
        sleep(REFRESH).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> SocketAddr {
        ([10, 0, 0, last], 80).into()
    }

    fn failed() -> io::Result<Vec<SocketAddr>> {
        Err(io::Error::other("server failure"))
    }

    #[test]
    fn each_address_counts_once_in_a_fixed_order() {
        let mut known = Known::default();
        known.learn(Ok(vec![address(2), address(1), address(2)]), Instant::now());
        assert_eq!(*known.addresses, [address(1), address(2)]);
    }

    #[test]
    fn a_new_answer_replaces_the_old_one() {
        let mut known = Known::default();
        known.learn(Ok(vec![address(1)]), Instant::now());
        known.learn(Ok(vec![address(3)]), Instant::now());
        assert_eq!(*known.addresses, [address(3)]);
    }

    #[test]
    fn failing_lookups_are_counted_and_the_last_answer_lasts_for_a_while() {
        let start = Instant::now();
        let mut known = Known::default();
        known.learn(Ok(vec![address(1)]), start);
        known.learn(failed(), start + KEEP);
        assert_eq!((known.addresses.len(), known.failed), (1, 1));
        known.learn(failed(), start + KEEP + Duration::from_millis(1));
        assert_eq!((known.addresses.len(), known.failed), (0, 2));
        known.learn(Ok(vec![address(2)]), start + KEEP * 2);
        assert_eq!(*known.addresses, [address(2)]);
    }

    #[tokio::test]
    async fn an_ip_address_needs_no_lookup() {
        for (host, expected) in [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")] {
            let addresses = Resolver::start(host, 80)
                .addresses()
                .await
                .expect("decided");
            assert_eq!(addresses[0].to_string(), expected);
        }
    }
}
