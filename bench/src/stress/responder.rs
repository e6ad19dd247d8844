//! A server that answers as fast as it can, or as badly as it is told, and stamps every arrival.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::sleep,
};

/// The CPU that a responder runs on where speed is measured.
pub const CPU: usize = 0;
/// Longest head of a request.
const HEAD_BYTES: usize = 4096;

/// How the server answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behaviour {
    pub delay: Duration,
    /// Of a hundred answers, how many are a 500.
    pub failing: usize,
    pub all_404: bool,
    /// No answer from the first time to the second, after the first request.
    pub stall: Option<(Duration, Duration)>,
    /// Nobody at the address from the first time to the second, after the first request.
    pub down: Option<(Duration, Duration)>,
    /// How many backends there are from which time on. A connection goes to one at random.
    pub backends: &'static [(Duration, usize)],
    pub pinned: bool,
}

/// What the server saw. Times are since the first request.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    first: Option<Instant>,
    pub arrivals: Vec<Duration>,
    /// The backend of each arrival.
    pub backends: Vec<usize>,
    /// Connections that carried a request.
    pub connections: usize,
    pub answered: usize,
    waiting: usize,
    pub most_waiting: usize,
}

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct Responder {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    end: Arc<Notify>,
    ended: Arc<AtomicBool>,
}

impl Responder {
    pub fn start(behaviour: Behaviour) -> Result<Self> {
        let listener = StdListener::bind("127.0.0.1:0").context("listening")?;
        listener.set_nonblocking(true)?;
        let responder = Self {
            address: listener.local_addr()?,
            seen: Arc::default(),
            end: Arc::default(),
            ended: Arc::default(),
        };
        let server = Server {
            behaviour,
            address: responder.address,
            seen: Arc::clone(&responder.seen),
        };
        let (end, ended) = (Arc::clone(&responder.end), Arc::clone(&responder.ended));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("responder".to_owned())
            .spawn(move || {
                if behaviour.pinned {
                    let mut cpus = CpuSet::new();
                    cpus.set(CPU);
                    // On a machine with one CPU there is nothing to choose.
                    _ = sched_setaffinity(None, &cpus);
                }
                runtime.block_on(async {
                    tokio::select! {
                        () = end.notified() => {}
                        _ = server.run(listener) => {}
                    }
                });
                ended.store(true, Ordering::Release);
            })?;
        Ok(responder)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.end.notify_one();
        // The next one is to have the CPU for itself.
        while !self.ended.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Server {
    behaviour: Behaviour,
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    async fn run(self, listener: StdListener) -> Result<()> {
        let listener = TcpListener::from_std(listener)?;
        let Some((from, until)) = self.behaviour.down else {
            return self.serve(listener).await;
        };
        tokio::select! {
            served = self.serve(listener) => return served,
            () = self.reached(from) => {}
        }
        self.reached(until).await;
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        self.serve(socket.listen(1024)?).await
    }

    /// Serves connections, and ends them when it is dropped.
    async fn serve(&self, listener: TcpListener) -> Result<()> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, _) = accepted?;
                    connections.spawn(self.clone().connection(stream));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Returns `after` the first request.
    async fn reached(&self, after: Duration) {
        loop {
            let first = lock(&self.seen).first;
            match first.map(|first| after.saturating_sub(first.elapsed())) {
                Some(Duration::ZERO) => return,
                Some(left) => sleep(left).await,
                None => sleep(Duration::from_millis(1)).await,
            }
        }
    }

    async fn connection(self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::with_capacity(HEAD_BYTES);
        let mut backend = None;
        while stream.read_buf(&mut buffer).await? > 0 {
            while let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = &buffer[..end];
                let close = head
                    .windows(17)
                    .any(|word| word.eq_ignore_ascii_case(b"connection: close"));
                let (number, first) = self.arrived(&mut backend);
                self.wait(first).await;
                stream.write_all(self.answer(number)).await?;
                lock(&self.seen).waiting -= 1;
                buffer.drain(..end + 4);
                if close {
                    return Ok(());
                }
            }
            if buffer.len() >= HEAD_BYTES {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Notes a request. Returns its number and when the first one came.
    fn arrived(&self, backend: &mut Option<usize>) -> (usize, Instant) {
        let mut seen = lock(&self.seen);
        let now = Instant::now();
        let first = *seen.first.get_or_insert(now);
        let since = now - first;
        if backend.is_none() {
            seen.connections += 1;
        }
        let connections = seen.connections;
        let drawn = *backend.get_or_insert_with(|| {
            let mut steps = self.behaviour.backends.iter().rev();
            let now = steps.find(|(from, _)| *from <= since);
            now.map_or(0, |(_, backends)| draw(since, connections, *backends))
        });
        seen.arrivals.push(since);
        if !self.behaviour.backends.is_empty() {
            seen.backends.push(drawn);
        }
        seen.waiting += 1;
        seen.most_waiting = seen.most_waiting.max(seen.waiting);
        (seen.arrivals.len(), first)
    }

    async fn wait(&self, first: Instant) {
        if !self.behaviour.delay.is_zero() {
            sleep(self.behaviour.delay).await;
        }
        if let Some((from, until)) = self.behaviour.stall
            && (from..until).contains(&first.elapsed())
        {
            sleep(until.saturating_sub(first.elapsed())).await;
        }
    }

    fn answer(&self, number: usize) -> &'static [u8] {
        if self.behaviour.all_404 {
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno"
        } else if number % 100 < self.behaviour.failing {
            b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno"
        } else {
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        }
    }
}

/// One of `of`, by the mixed bits of a time and a number: as good as dice here, without a crate.
fn draw(since: Duration, number: usize, of: usize) -> usize {
    let mix = |bits: u64, factor: u64| (bits ^ (bits >> 33)).wrapping_mul(factor);
    let bits = u64::from(since.subsec_nanos()) << 32 | number as u64;
    let mixed = mix(mix(bits, 0xff51_afd7_ed55_8ccd), 0xc4ce_b9fe_1a85_ec53);
    usize::try_from((mixed ^ (mixed >> 33)) % of as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_drawn_about_evenly() {
        let mut drawn = [0; 10];
        for number in 0..10_000u32 {
            drawn[draw(Duration::from_millis(10) * number, number as usize, 10)] += 1;
        }
        assert!(
            drawn.iter().all(|times| (850..1150).contains(times)),
            "{drawn:?}"
        );
    }
}
