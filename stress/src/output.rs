//! Everything a run tells, opened before any load, so that a long run never ends with results
//! that have nowhere to go.

use std::{
    fs::File,
    io::{self, IsTerminal},
    path::Path,
    time::Duration,
};

use tokio::net::TcpListener;

use crate::{
    args::{OutputArgs, View},
    console::Console,
    csv,
    load::Load,
    metrics::server,
    panel::Panel,
    progress::Line,
    report::{Report, json, text},
    sampler::Sample,
    shutdown::Stop,
};

/// Longest wait for a blocked reader of the summary after a signal.
const FLUSH: Duration = Duration::from_secs(1);
/// Width of a panel that does not go to a terminal.
const USUAL_WIDTH: usize = 80;

/// Why something cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("{flag} {value}: {source}")]
    Open {
        flag: &'static str,
        value: String,
        source: io::Error,
    },
    #[error("cannot write {to}: {source}")]
    Write { to: String, source: io::Error },
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
}

/// See the module.
#[derive(Debug)]
pub struct Outputs {
    console: Console,
    panel: Option<Panel>,
    csv: Option<(String, Console)>,
    json: json::Output,
    metrics: Option<TcpListener>,
}

impl Outputs {
    /// Creates or empties the files, listens at the address, and starts writing. Whatever cannot
    /// be written later ends the arrivals through `stop`.
    pub fn open(
        args: &OutputArgs,
        url: &str,
        load: &Load,
        stop: &Stop,
    ) -> Result<Self, OutputError> {
        let open = |flag, value: String| {
            move |source| OutputError::Open {
                flag,
                value,
                source,
            }
        };
        let name = |path: &Path| path.display().to_string();
        let json = json::Output::open(args.json.as_deref()).map_err(open(
            "--json",
            args.json.as_deref().map(name).unwrap_or_default(),
        ))?;
        let metrics = args
            .metrics_address
            .map(|address| {
                server::listen(address).map_err(open("--metrics-address", address.to_string()))
            })
            .transpose()?;
        let csv = match &args.csv {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(open("--csv", name(path)))?;
                let rows = Console::start(file, stop.arrivals_token())?;
                rows.line(csv::HEADER.to_owned());
                Some((name(path), rows))
            }
        };
        let is_panel = match args.progress {
            View::Auto => io::stdout().is_terminal(),
            View::Lines => false,
            View::Panel => true,
        };
        Ok(Self {
            console: Console::start(io::stdout(), stop.arrivals_token())?,
            panel: is_panel.then(|| Panel::new(url, load.clone())),
            csv,
            json,
            metrics,
        })
    }

    /// The listener of `--metrics-address`, to be served from now on.
    pub fn take_metrics(&mut self) -> Option<TcpListener> {
        self.metrics.take()
    }

    /// Tells what a second was like.
    pub fn show(&mut self, sample: &Sample) {
        match &mut self.panel {
            Some(panel) => self.console.frame(panel.frame(sample, width())),
            None => self.console.line(Line(sample).to_string()),
        }
        self.record(sample);
    }

    /// Adds a row to the time series alone.
    pub fn record(&self, sample: &Sample) {
        if let Some((_, rows)) = &self.csv {
            rows.line(csv::row(sample));
        }
    }

    /// Writes the report and waits until everything is out.
    pub async fn publish(self, report: &Report, stop: &Stop) -> Result<(), OutputError> {
        let write_failed = |to: &str| {
            let to = to.to_owned();
            move |source| OutputError::Write { to, source }
        };
        let stdout = "standard output";
        if let Some((path, rows)) = self.csv {
            rows.finish(None).await.map_err(write_failed(&path))?;
        }
        if let json::Output::File { path, file } = &self.json {
            json::write(report, file).map_err(write_failed(&path.display().to_string()))?;
        }
        let mut last = text::render(report);
        if matches!(self.json, json::Output::Stdout) {
            last.push('\n');
            last.push_str(&json::line(report).map_err(write_failed(stdout))?);
        }
        let blocked = async {
            stop.stopped().await;
            tokio::time::sleep(FLUSH).await;
        };
        tokio::select! {
            biased;
            written = self.console.finish(Some(last)) => written,
            () = blocked => Err(io::ErrorKind::TimedOut.into()),
        }
        .map_err(write_failed(stdout))
    }
}

fn width() -> usize {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 => size.ws_col.into(),
        _ => USUAL_WIDTH,
    }
}
