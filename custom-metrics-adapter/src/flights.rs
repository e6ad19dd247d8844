//! Single flight: identical concurrent questions are asked once and share the answer.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

type Flight<V> = Shared<BoxFuture<'static, V>>;

/// Questions under way. Bounded by their number: an entry goes when its flight lands, and
/// abandoned ones go with the next question.
pub struct Flights<K, V: Clone> {
    under_way: Arc<Mutex<HashMap<K, WeakShared<BoxFuture<'static, V>>>>>,
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the flight of `key`, or starts one with `ask`. A flight goes on as long as one of
    /// its passengers waits, whoever started it.
    pub async fn join<F>(&self, key: K, ask: impl FnOnce() -> F) -> V
    where
        F: Future<Output = V> + Send + 'static,
    {
        self.board(key, ask).await
    }

    fn board<F>(&self, key: K, ask: impl FnOnce() -> F) -> Flight<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&key).and_then(WeakShared::upgrade) {
            return flight;
        }
        under_way.retain(|_, flight| flight.upgrade().is_some());
        let (landing, table) = (key.clone(), Arc::clone(&self.under_way));
        let question = ask();
        let flight = async move {
            let answer = question.await;
            table
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&landing);
            answer
        }
        .boxed()
        .shared();
        if let Some(weak) = flight.downgrade() {
            under_way.insert(key, weak);
        }
        flight
    }
}

impl<K, V: Clone> Default for Flights<K, V> {
    fn default() -> Self {
        Self {
            under_way: Arc::default(),
        }
    }
}

impl<K, V: Clone> std::fmt::Debug for Flights<K, V> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Flights").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn passengers_share_one_question_and_the_next_asks_again() {
        let flights = Flights::<&str, usize>::default();
        let asked = Arc::new(AtomicUsize::new(0));
        let (land, landing) = oneshot::channel::<()>();
        let count = Arc::clone(&asked);
        let first = flights.board("q", move || async move {
            let _ = landing.await;
            count.fetch_add(1, Ordering::SeqCst) + 1
        });
        let second = flights.board("q", || async { unreachable!("joined the first") });
        land.send(()).unwrap();
        assert_eq!(tokio::join!(first, second), (1, 1));
        let again = flights.join("q", || async { 2 }).await;
        assert_eq!((again, asked.load(Ordering::SeqCst)), (2, 1));
    }

    #[tokio::test]
    async fn a_flight_outlives_the_passenger_who_started_it() {
        let flights = Flights::<&str, u8>::default();
        let (land, landing) = oneshot::channel::<()>();
        let first = flights.board("q", move || async move {
            let _ = landing.await;
            1
        });
        let second = flights.board("q", || async { 2 });
        drop(first);
        land.send(()).unwrap();
        assert_eq!(second.await, 1);
    }

    #[tokio::test]
    async fn abandoned_flights_leave_the_table() {
        let flights = Flights::<usize, u8>::default();
        for key in 0..100 {
            drop(flights.board(key, std::future::pending));
        }
        assert_eq!(flights.join(100, || async { 7 }).await, 7);
        assert!(flights.under_way.lock().unwrap().is_empty());
    }
}
