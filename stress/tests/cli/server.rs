//! A small real HTTP/1.1 server on a free port, with a thread per connection.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Instant,
};

/// What the server saw, and what it waits for.
#[derive(Default)]
struct Seen {
    /// When each request had arrived in full.
    requests: Vec<Instant>,
    connections: usize,
    /// Answers wait until this many requests have arrived.
    hold_until: usize,
}

/// How the server answers.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    /// Extra header lines, each ending in CRLF.
    pub(super) headers: &'static str,
    /// Closes the connection after this many answers without announcing it.
    pub(super) close_after: usize,
}

pub(super) const OK: Answer = Answer {
    status: "200 OK",
    headers: "",
    close_after: usize::MAX,
};

pub(super) struct Server {
    pub(super) address: SocketAddr,
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

impl Server {
    pub(super) fn start(answer: Answer) -> Self {
        Self::holding(answer, 0)
    }

    /// Answers nothing until `hold_until` requests have arrived.
    pub(super) fn holding(answer: Answer, hold_until: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen {
            hold_until,
            ..Seen::default()
        };
        let shared = Arc::new((Mutex::new(seen), Condvar::new()));
        let server = Self {
            address,
            shared: Arc::clone(&shared),
        };
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

    pub(super) fn requests(&self) -> Vec<Instant> {
        self.shared.0.lock().unwrap().requests.clone()
    }

    /// Connections that carried at least one request: the connection test carries none.
    pub(super) fn connections(&self) -> usize {
        self.shared.0.lock().unwrap().connections
    }

    pub(super) fn wait_for_requests(&self, count: usize) {
        let (seen, changed) = &*self.shared;
        let seen = seen.lock().unwrap();
        drop(
            changed
                .wait_while(seen, |seen| seen.requests.len() < count)
                .unwrap(),
        );
    }
}

fn serve(stream: &TcpStream, answer: Answer, (seen, changed): &(Mutex<Seen>, Condvar)) {
    let mut reader = BufReader::new(stream);
    let mut answered = 0;
    while answered < answer.close_after {
        let Some(close) = read_request(&mut reader) else {
            return;
        };
        let mut guard = seen.lock().unwrap();
        guard.requests.push(Instant::now());
        guard.connections += usize::from(answered == 0);
        changed.notify_all();
        drop(
            changed
                .wait_while(guard, |seen| seen.requests.len() < seen.hold_until)
                .unwrap(),
        );
        let Answer {
            status, headers, ..
        } = answer;
        let response = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n{headers}\r\nok");
        // The client may have given up; that is its business.
        if (&*stream).write_all(response.as_bytes()).is_err() || close {
            return;
        }
        answered += 1;
    }
}

/// Reads up to the empty line. Returns whether the client asked to close, `None` at the end.
pub(super) fn read_request(reader: &mut impl BufRead) -> Option<bool> {
    let mut close = false;
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return None,
            Ok(_) if line == "\r\n" => return Some(close),
            Ok(_) => close |= line.eq_ignore_ascii_case("connection: close\r\n"),
        }
    }
}
