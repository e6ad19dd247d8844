//! Watches `kube-system/extension-apiserver-authentication`, where kube-apiserver says how its
//! front proxy proves itself.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};

use crate::cluster::watch::{Change, watch};
use crate::readiness::Gate;
use crate::trust::{ClientTrust, RequestHeader, TrustError};

const NAMESPACE: &str = "kube-system";
const NAME: &str = "extension-apiserver-authentication";

/// Runs for ever and hands every usable version to `publish`. An unusable or deleted ConfigMap
/// changes nothing: the trust of before stays in force.
pub async fn run(client: Client, gate: Gate, publish: impl Fn(ClientTrust)) -> ! {
    let api: Api<ConfigMap> = Api::namespaced(client, NAMESPACE);
    let config = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    let mut last: Option<RequestHeader> = None;
    watch(api, config, "the front-proxy authority", |change| {
        let Change::Event(Event::Apply(map) | Event::InitApply(map)) = change else {
            return;
        };
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
