//! A namespace of a test's own.

use anyhow::Result;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, ObjectMeta, PostParams};
use kube::{Api, ResourceExt as _};
use std::env;

use crate::cleanup;
use crate::cluster::Cluster;
use crate::wait::{self, SOON};

/// On everything the tests make. Not the stack's own label: the tests count the stack's objects.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/part-of", "custom-metrics-stack-e2e");

/// Runs `body` with a fresh namespace and removes it; `E2E_KEEP=1` keeps it for a look.
pub async fn with_temporary(
    cluster: &Cluster,
    body: impl AsyncFnOnce(&str) -> Result<()>,
) -> Result<()> {
    let namespaces: Api<Namespace> = cluster.all();
    let fresh = Namespace {
        metadata: ObjectMeta {
            generate_name: Some("e2e-".to_owned()),
            labels: Some(labels()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    let name = namespaces
        .create(&PostParams::default(), &fresh)
        .await?
        .name_any();
    cleanup::always(
        async || body(&name).await,
        async || {
            if keeping() {
                return Ok(());
            }
            namespaces.delete(&name, &DeleteParams::default()).await?;
            wait::gone(&namespaces, &name, SOON).await
        },
    )
    .await
}

/// Whether what tests make is to be kept.
pub fn keeping() -> bool {
    env::var_os("E2E_KEEP").is_some_and(|value| value == "1")
}

/// [`LABEL`] as a map.
pub fn labels() -> std::collections::BTreeMap<String, String> {
    [(LABEL.0.to_owned(), LABEL.1.to_owned())].into()
}
