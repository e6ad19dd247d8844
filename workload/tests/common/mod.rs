//! Runs the real binary on a free port and talks to it over real sockets.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test harness, of which each test binary uses a part"
)]

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Past this a condition counts as never met. Nothing is asserted about anything faster.
const PATIENCE: Duration = Duration::from_secs(30);

pub const POD: &str = "workload-7d9f-x2x4k";

/// The binary with the environment of a pod and nothing else of ours.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workload"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .env_remove("WORKLOAD_LISTEN")
        .env("POD_NAME", POD)
        .stderr(Stdio::piped());
    command
}

/// A running workload, killed when the test ends.
pub struct Workload {
    child: Child,
    pub address: SocketAddr,
    log: Option<JoinHandle<io::Result<String>>>,
}

impl Workload {
    /// Starts on a free port of the loopback and returns once it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = command(&["--listen", "127.0.0.1:0"])
            .args(arguments)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let address = listening_address(&mut log);
        // The pipe is read to its end, or a full one would block the server.
        let log = thread::spawn(move || {
            let mut rest = String::new();
            log.read_to_string(&mut rest).map(|_| rest)
        });
        Self {
            child,
            address,
            log: Some(log),
        }
    }

    /// Everything logged after it listened; waits for the process to end.
    pub fn log(&mut self) -> String {
        self.log.take().unwrap().join().unwrap().unwrap()
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap()
    }

    /// One request on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path)
    }

    pub fn request(&self, method: &str, path: &str) -> Response {
        let mut connection = self.connect();
        connection.send(method, path);
        connection.receive()
    }

    /// The value of one series, as the exposition writes it.
    pub fn metric(&self, series: &str) -> String {
        let text = self.get("/metrics").body;
        let value = text.lines().find_map(|line| line.strip_prefix(series));
        let value = value.unwrap_or_else(|| panic!("no series `{series}` in\n{text}"));
        value.trim().to_owned()
    }

    /// Begins `count` requests of `path` and returns once all of them burn.
    pub fn burn(&self, count: u32, path: &str) -> Vec<Connection> {
        let burning = (0..count)
            .map(|_| {
                let mut connection = self.connect();
                connection.send("GET", path);
                connection
            })
            .collect();
        until("all burners are at work", || self.burners() == count);
        burning
    }

    pub fn burners(&self) -> u32 {
        self.metric("workload_burners").parse().unwrap()
    }

    /// Sends a signal by its name, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &script]).status().unwrap();
        assert!(sent.success(), "{script}");
    }

    /// Waits for the process to end by itself.
    pub fn wait(mut self) -> ExitStatus {
        let mut status = None;
        until("the process has ended", || {
            status = self.child.try_wait().unwrap();
            thread::yield_now();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn listening_address(log: &mut BufReader<ChildStderr>) -> SocketAddr {
    let mut seen = String::new();
    for line in log.lines() {
        let line = line.unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if event["message"] == "listening" {
            return event["address"].as_str().unwrap().parse().unwrap();
        }
        seen += &line;
    }
    panic!("ended before it listened: {seen}");
}

/// One HTTP/1.1 connection, kept alive as long as the server likes.
pub struct Connection(BufReader<TcpStream>);

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub fn send(&mut self, method: &str, path: &str) {
        self.send_with(method, path, "");
    }

    /// With more headers, each ending in CR LF.
    pub fn send_with(&mut self, method: &str, path: &str, headers: &str) {
        write!(
            self.0.get_mut(),
            "{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n"
        )
        .unwrap();
    }

    /// The next response; a body is only read where one is announced (and never after HEAD).
    pub fn receive(&mut self) -> Response {
        self.receive_head(true)
    }

    pub fn receive_head(&mut self, with_body: bool) -> Response {
        let status = self.line();
        let status = status.strip_prefix("HTTP/1.1 ").unwrap()[..3]
            .parse()
            .unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").map_or("0", String::as_str);
        let mut body = vec![
            0;
            if with_body {
                length.parse().unwrap()
            } else {
                0
            }
        ];
        self.0.read_exact(&mut body).unwrap();
        Response {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        }
    }

    /// Whether the server has closed the connection after what was read so far.
    pub fn is_closed(&mut self) -> bool {
        self.0.fill_buf().unwrap().is_empty()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

/// Returns as soon as `condition` holds; fails when it never does.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
    }
}
