//! One running adapter, ours or the rival: the same arguments for both.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use super::{
    case::{Case, Identity, Request},
    client::Client,
};
use crate::rounds::Side;

/// Both start within two seconds on an idle machine.
const START: Duration = Duration::from_mins(1);
/// After the start: reading Prometheus and the cluster.
const SETTLE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(50);
/// Lines of a log that say why it ended.
const LAST_LINES: usize = 4;

/// The programs, and the files that every adapter is given.
#[derive(Clone, Debug)]
pub struct Programs {
    pub ours: PathBuf,
    pub rival: PathBuf,
    pub kubeconfig: PathBuf,
    /// Serving certificate and key.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Where logs go.
    pub logs: PathBuf,
}

/// A running adapter; killed when dropped.
#[derive(Debug)]
pub struct Adapter {
    pub address: SocketAddr,
    child: Child,
    log: PathBuf,
}

impl Adapter {
    pub fn start(programs: &Programs, case: &Case, side: Side, prometheus: &str) -> Result<Self> {
        let log = programs
            .logs
            .join(format!("{}-{}.log", case.name, side.name()));
        let output = std::fs::File::create(&log).with_context(|| log.display().to_string())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let program = match side {
            Side::Ours => &programs.ours,
            Side::Rival => &programs.rival,
        };
        let mut command = Command::new(program);
        command
            .args(arguments(programs, case, address, prometheus))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        if side == Side::Ours {
            // Several run at a time, and a slow moment of the machine is no difference.
            command.args(["--admin-address=127.0.0.1:0", "--answer-budget=20s"]);
        }
        let child = command
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        Ok(Self {
            address,
            child,
            log,
        })
    }

    /// Until it is ready and has read what there is.
    ///
    /// # Errors
    /// When it ends or never gets ready. One that never lists what it should is asked all the
    /// same: its answers say more than we could.
    pub async fn wait(&mut self, client: &Client, case: &Case) -> Result<()> {
        let began = Instant::now();
        while !self.answers(client, "/readyz", |body| body == "ok").await {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}: {}", self.last_words());
            }
            if began.elapsed() > START {
                bail!(
                    "not ready within {} s: {}",
                    START.as_secs(),
                    self.last_words()
                );
            }
            sleep(STEP).await;
        }
        let began = Instant::now();
        while began.elapsed() < SETTLE && !self.has_settled(client, case).await {
            sleep(STEP).await;
        }
        Ok(())
    }

    async fn has_settled(&self, client: &Client, case: &Case) -> bool {
        // The rival is ready before it knows the front proxy.
        if !self.answers(client, "/apis", |_| true).await {
            return false;
        }
        for path in &case.listing {
            if !self.answers(client, path, lists_something).await {
                return false;
            }
        }
        true
    }

    async fn answers(&self, client: &Client, path: &str, right: impl Fn(&Value) -> bool) -> bool {
        let request = Request {
            name: format!("GET {path}"),
            method: "GET".to_owned(),
            path: path.to_owned(),
            accept: None,
            headers: [].into(),
            identity: Identity::default(),
            body: String::new(),
        };
        match client.send(self.address, &request).await {
            Ok(answer) => answer.status == 200 && answer.decode().is_ok_and(|body| right(&body)),
            Err(_) => false,
        }
    }

    pub async fn stop(mut self) {
        // Fails only if it is gone already.
        _ = self.child.kill().await;
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join(" / ")
    }
}

/// A document of discovery, or a list of `metrics.k8s.io`.
fn lists_something(body: &Value) -> bool {
    ["resources", "items"]
        .iter()
        .filter_map(|name| body.get(name)?.as_array())
        .any(|list| !list.is_empty())
}

fn arguments(
    programs: &Programs,
    case: &Case,
    address: SocketAddr,
    prometheus: &str,
) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let kubeconfig = path(&programs.kubeconfig);
    let mut arguments = vec![
        // The Helm chart's stray first argument.
        "/adapter".to_owned(),
        format!("--config={}", path(&case.config)),
        format!("--prometheus-url={prometheus}"),
        format!("--secure-port={}", address.port()),
        format!("--bind-address={}", address.ip()),
        format!("--tls-cert-file={}", path(&programs.certificate)),
        format!("--tls-private-key-file={}", path(&programs.key)),
        format!("--lister-kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        // The default of 5 lists a second would take minutes.
        "--client-qps=1000".to_owned(),
        "--client-burst=1000".to_owned(),
        "--metrics-relist-interval=10m".to_owned(),
    ];
    arguments.extend(case.flags.iter().cloned());
    arguments
}

/// The rival cannot choose a port by itself.
fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}
