//! A small real HTTP/1.1 server on a free port, with a thread per connection.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Instant,
};

/// How the server answers.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    /// Extra header lines, each ending in CRLF.
    pub(super) headers: &'static str,
    /// Closes the connection after this many answers without announcing it.
    pub(super) close_after: usize,
    /// Answers nothing until this many requests have arrived.
    pub(super) hold_until: usize,
    /// How many pods there are from which request on. Connections go to them in turn.
    pub(super) pods: &'static [(usize, usize)],
}

pub(super) const OK: Answer = Answer {
    status: "200 OK",
    headers: "",
    close_after: usize::MAX,
    hold_until: 0,
    pods: &[],
};

/// One request, as it arrived.
#[derive(Clone)]
pub(super) struct Arrived {
    /// When it had arrived in full.
    pub(super) at: Instant,
    /// The request line and the headers.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// The pod that answers it, where there are pods.
    pub(super) pod: Option<usize>,
}

/// What the server saw.
#[derive(Default)]
struct Seen {
    requests: Vec<Arrived>,
    connections: usize,
    waiting: usize,
    most_waiting: usize,
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

pub(super) struct Server {
    pub(super) address: SocketAddr,
    shared: Shared,
}

impl Server {
    pub(super) fn start(answer: Answer) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    pub(super) fn on(listener: TcpListener, answer: Answer) -> Self {
        let server = Self {
            address: listener.local_addr().unwrap(),
            shared: Shared::default(),
        };
        let shared = Arc::clone(&server.shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                thread::spawn(move || serve(&stream, answer, &shared));
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn requests(&self) -> Vec<Arrived> {
        self.shared.0.lock().unwrap().requests.clone()
    }

    /// Connections that carried at least one request: the connection test carries none.
    pub(super) fn connections(&self) -> usize {
        self.shared.0.lock().unwrap().connections
    }

    /// Most requests that waited for their answers at once.
    pub(super) fn most_waiting(&self) -> usize {
        self.shared.0.lock().unwrap().most_waiting
    }

    pub(super) fn wait_for_requests(&self, count: usize) {
        let (seen, changed) = &*self.shared;
        let seen = seen.lock().unwrap();
        let too_few = |seen: &mut Seen| seen.requests.len() < count;
        drop(changed.wait_while(seen, too_few).unwrap());
    }
}

fn serve(stream: &TcpStream, answer: Answer, (seen, changed): &(Mutex<Seen>, Condvar)) {
    let mut reader = BufReader::new(stream);
    let mut pod = None;
    for answered in 0..answer.close_after {
        let Some((head, body)) = read_request(&mut reader) else {
            return;
        };
        let close = head.contains("connection: close\r\n");
        let is_head = head.starts_with("HEAD ");
        let mut guard = seen.lock().unwrap();
        if answered == 0 {
            let pods = answer.pods.iter().rev();
            let now = pods.clone().find(|(from, _)| guard.requests.len() >= *from);
            pod = now.map(|(_, pods)| guard.connections % pods);
            guard.connections += 1;
        }
        guard.requests.push(Arrived {
            at: Instant::now(),
            head,
            body,
            pod,
        });
        guard.waiting += 1;
        guard.most_waiting = guard.most_waiting.max(guard.waiting);
        changed.notify_all();
        let too_few = |seen: &mut Seen| seen.requests.len() < answer.hold_until;
        let mut guard = changed.wait_while(guard, too_few).unwrap();
        guard.waiting -= 1;
        drop(guard);
        let name = pod.map_or_else(String::new, |pod| format!("x-pod: pod-{pod}\r\n"));
        let Answer {
            status, headers, ..
        } = answer;
        let body = if is_head { "" } else { "ok" };
        let response =
            format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n{headers}{name}\r\n{body}");
        // The client may have given up; that is its business.
        if (&*stream).write_all(response.as_bytes()).is_err() || close {
            return;
        }
    }
}

/// Reads a head and the body it announces. `None` at the end of the connection.
pub(super) fn read_request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
