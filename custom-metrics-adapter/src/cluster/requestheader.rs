//! How the front proxy proves itself: as kube-apiserver says in ConfigMap
//! `kube-system/extension-apiserver-authentication`, or as flags say.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};

use crate::cluster::watch::{Change, watch};
use crate::failure::Misconfigured;
use crate::readiness::Gate;
use crate::trust::{ClientTrust, RequestHeader, TrustError};

const NAMESPACE: &str = "kube-system";
const NAME: &str = "extension-apiserver-authentication";

/// Where it is said.
#[derive(Clone, Debug)]
pub enum Source {
    /// In the ConfigMap.
    Lookup {
        /// Whether to become ready although it cannot be read.
        tolerant: bool,
    },
    /// By flags; only the authority stands in a file, which is read again every `interval`.
    Flags {
        file: PathBuf,
        header: RequestHeader,
        interval: Duration,
    },
    /// Nowhere: no front proxy is believed.
    Nowhere,
}

/// Runs for ever and hands every usable version to `publish`. What is unusable changes nothing:
/// the trust of before stays in force.
///
/// # Errors
/// When the flags' file is unusable at the start.
pub async fn run(
    client: Client,
    source: Source,
    gate: Gate,
    publish: impl Fn(ClientTrust),
) -> anyhow::Result<Infallible> {
    match source {
        Source::Lookup { tolerant } => lookup(client, tolerant, gate, publish).await,
        Source::Flags {
            file,
            header,
            interval,
        } => flags(&file, &header, interval, gate, publish).await,
        Source::Nowhere => {
            tracing::warn!(
                "--authentication-skip-lookup without --requestheader-client-ca-file: no front proxy is believed"
            );
            gate.open();
            std::future::pending().await
        }
    }
}

async fn lookup(client: Client, tolerant: bool, gate: Gate, publish: impl Fn(ClientTrust)) -> ! {
    let api: Api<ConfigMap> = Api::namespaced(client, NAMESPACE);
    let config = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    let mut last: Option<RequestHeader> = None;
    let mut exists = false;
    watch(api, config, "the front-proxy authority", |change| {
        let map = match change {
            Change::Interrupted(_) if tolerant => return gate.open(),
            Change::Event(Event::Apply(map) | Event::InitApply(map)) => map,
            Change::Event(Event::InitDone) if !exists => {
                // As prometheus-adapter: no cluster is without it for long.
                tracing::warn!(
                    "ConfigMap `{NAMESPACE}/{NAME}` does not exist: no front proxy is believed"
                );
                return gate.open();
            }
            _ => return,
        };
        exists = true;
        let read = RequestHeader::from_config_map(&map.data.unwrap_or_default());
        if last.is_some() && read.as_ref().ok() == last.as_ref() {
            return;
        }
        match read.and_then(|now| trust(now, &mut last)) {
            Ok(trust) => {
                publish(trust);
                gate.open();
                tracing::info!("believe front proxies of ConfigMap `{NAMESPACE}/{NAME}`");
            }
            Err(error) => {
                let error = anyhow::Error::from(error);
                tracing::warn!("read ConfigMap `{NAMESPACE}/{NAME}`: {error:#}");
            }
        }
    })
    .await
}

fn trust(now: RequestHeader, last: &mut Option<RequestHeader>) -> Result<ClientTrust, TrustError> {
    let trust = ClientTrust::new(now.clone())?;
    *last = Some(now);
    Ok(trust)
}

async fn flags(
    file: &Path,
    header: &RequestHeader,
    interval: Duration,
    gate: Gate,
    publish: impl Fn(ClientTrust),
) -> anyhow::Result<Infallible> {
    let trust = read(file, header).await.context(Misconfigured)?;
    let mut last = trust.request_header.clone();
    publish(trust);
    gate.open();
    let mut failing = false;
    loop {
        tokio::time::sleep(interval).await;
        match read(file, header).await {
            Ok(trust) => {
                failing = false;
                if trust.request_header != last {
                    tracing::info!("believe front proxies of the changed {}", file.display());
                    last = trust.request_header.clone();
                    publish(trust);
                }
            }
            Err(error) if !failing => {
                tracing::warn!("{error:#}; what was believed stays");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

async fn read(file: &Path, header: &RequestHeader) -> anyhow::Result<ClientTrust> {
    let flag = || format!("--requestheader-client-ca-file {}", file.display());
    let client_ca = tokio::fs::read_to_string(file).await.with_context(flag)?;
    let header = RequestHeader {
        client_ca,
        ..header.clone()
    };
    ClientTrust::new(header).with_context(flag)
}
