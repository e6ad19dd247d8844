//! Writes our authorities to the APIServices that lead to our Service, and to no others.

use anyhow::Context as _;
use custom_metrics_core::api::Group;
use k8s_openapi::ByteString;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::own_ca::{OwnCa, bounded};

/// Names of APIServices that may be ours: of every version we know how to serve.
fn api_services() -> impl Iterator<Item = String> {
    let versions = Group::ALL.into_iter().flat_map(Group::versions);
    versions.map(|version| format!("{}.{}", version.version(), version.group().name()))
}

/// Makes each of our APIServices carry exactly `authorities`. One that does not exist, or leads
/// elsewhere, is left alone. Tells whether there is any.
pub(super) async fn write(own: &OwnCa, authorities: &str) -> anyhow::Result<bool> {
    let api: Api<APIService> = Api::all(own.client.clone());
    let parameters = PatchParams {
        field_manager: Some(own.service.clone()),
        ..PatchParams::default()
    };
    let mut registered = false;
    for name in api_services() {
        let found = bounded("read", api.get_opt(&name))
            .await?
            .with_context(|| format!("read APIService `{name}`"))?;
        let Some(found) = found.filter(|found| is_ours(own, found)) else {
            continue;
        };
        registered = true;
        if carries(&found, authorities) {
            continue;
        }
        let bundle = ByteString(authorities.as_bytes().to_vec());
        // With a bundle, an APIService may not skip verification as well.
        let patch = Patch::Merge(json!({
            "spec": {"caBundle": bundle, "insecureSkipTLSVerify": false}
        }));
        bounded("patch", api.patch(&name, &parameters, &patch))
            .await?
            .with_context(|| format!("patch APIService `{name}`"))?;
        tracing::info!("write our certificate authority to APIService `{name}`");
    }
    Ok(registered)
}

fn is_ours(own: &OwnCa, found: &APIService) -> bool {
    let service = found.spec.as_ref().and_then(|spec| spec.service.as_ref());
    service.is_some_and(|service| {
        service.namespace.as_ref() == Some(&own.namespace)
            && service.name.as_ref() == Some(&own.service)
    })
}

fn carries(found: &APIService, authorities: &str) -> bool {
    found.spec.as_ref().is_some_and(|spec| {
        !spec.insecure_skip_tls_verify.unwrap_or_default()
            && spec
                .ca_bundle
                .as_ref()
                .is_some_and(|bundle| bundle.0 == authorities.as_bytes())
    })
}
