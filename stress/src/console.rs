//! Standard output or a file, written by a thread of its own.
//!
//! A reader that stops reading (`stress … | less`) blocks whoever writes; that must never be
//! the thread that sends requests.

use std::{
    io::{self, Write},
    thread,
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Lines waiting for a slow reader: four minutes of one per second.
const WAITING_LINES: usize = 256;

/// Writes lines in order, each flushed.
#[derive(Debug)]
pub struct Console {
    lines: mpsc::Sender<Text>,
    done: oneshot::Receiver<io::Result<()>>,
}

impl Console {
    /// Starts the writer. It cancels `on_failure` when a line cannot be written any more.
    pub fn start(
        mut out: impl Write + Send + 'static,
        on_failure: CancellationToken,
    ) -> io::Result<Self> {
        let (lines, mut waiting) = mpsc::channel::<Text>(WAITING_LINES);
        let (done_sender, done) = oneshot::channel();
        thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || {
                let mut result = Ok(());
                let mut frame_height = 0;
                while let Some(text) = waiting.blocking_recv() {
                    result = text.write(&mut out, &mut frame_height);
                    if result.is_err() {
                        on_failure.cancel();
                        break;
                    }
                }
                // Nobody waits for the result of a run that was told to end at once.
                drop(done_sender.send(result));
            })?;
        Ok(Self { lines, done })
    }

    /// Queues a line without waiting. While the reader blocks and the queue is full the line is
    /// left out, which shows as a gap in its `t=`.
    pub fn line(&self, text: String) {
        // Closed: the writer has failed, and `finish` returns why.
        drop(self.lines.try_send(Text::Line(text)));
    }

    /// Queues lines that take the place of the frame before them, on a terminal.
    pub fn frame(&self, text: String) {
        drop(self.lines.try_send(Text::Frame(text)));
    }

    /// Writes `text` after all lines before it and waits until everything is out.
    pub async fn finish(self, text: Option<String>) -> io::Result<()> {
        let Self { lines, done } = self;
        if let Some(text) = text {
            // A closed queue means that the writer failed; `done` knows the cause.
            drop(lines.send(Text::Line(text)).await);
        }
        drop(lines);
        done.await
            .unwrap_or_else(|_| Err(io::Error::other("the console writer ended early")))
    }
}

#[derive(Debug)]
enum Text {
    Line(String),
    Frame(String),
}

impl Text {
    /// `height` is that of the frame that stands above the cursor.
    fn write(&self, out: &mut impl Write, height: &mut usize) -> io::Result<()> {
        match self {
            Self::Line(text) => {
                *height = 0;
                writeln!(out, "{text}")?;
            }
            Self::Frame(text) => {
                if *height > 0 {
                    // Up to the frame's first line, and clear from there.
                    write!(out, "\x1b[{height}A\x1b[J")?;
                }
                *height = text.lines().count();
                writeln!(out, "{text}")?;
            }
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .map_err(|_| io::ErrorKind::Other)?
                .write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn everything_is_out_in_order_when_finish_returns() {
        let out = Shared::default();
        let console = Console::start(out.clone(), CancellationToken::new()).expect("a thread");
        console.line("one".to_owned());
        console.line("two".to_owned());
        console
            .finish(Some("end".to_owned()))
            .await
            .expect("written");
        assert_eq!(*out.0.lock().expect("no poison"), b"one\ntwo\nend\n");
    }

    #[tokio::test]
    async fn a_frame_takes_the_place_of_the_one_before() {
        let out = Shared::default();
        let console = Console::start(out.clone(), CancellationToken::new()).expect("a thread");
        for frame in ["a\nb", "c", "d"] {
            console.frame(frame.to_owned());
        }
        console
            .finish(Some("end".to_owned()))
            .await
            .expect("written");
        let written = b"a\nb\n\x1b[2A\x1b[Jc\n\x1b[1A\x1b[Jd\nend\n";
        assert_eq!(*out.0.lock().expect("no poison"), written);
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_stops_the_run_and_is_an_error() {
        let stop = CancellationToken::new();
        let console = Console::start(Broken, stop.clone()).expect("a thread");
        console.line("one".to_owned());
        stop.cancelled().await;
        let error = console
            .finish(Some("end".to_owned()))
            .await
            .expect_err("broken");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
