//! Namespaces of a test's own.

use std::collections::BTreeMap;

use anyhow::Result;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams};
use kube::{Api, ResourceExt as _};

use crate::cluster::Cluster;

/// On everything the tests make. Not the stack's own label: the tests count the stack's objects.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/part-of", "custom-metrics-stack-e2e");

/// [`LABEL`] as a map.
pub fn labels() -> BTreeMap<String, String> {
    [(LABEL.0.to_owned(), LABEL.1.to_owned())].into()
}

/// Makes a namespace and gives its name; [`remove_temporary`] is the undo.
pub async fn create_temporary(cluster: &Cluster) -> Result<String> {
    let namespaces: Api<Namespace> = cluster.all();
    let fresh = Namespace {
        metadata: ObjectMeta {
            generate_name: Some("e2e-".to_owned()),
            labels: Some(labels()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    let created = namespaces.create(&PostParams::default(), &fresh).await?;
    Ok(created.name_any())
}

/// Has all namespaces removed that the tests made, those of a killed run as well.
/// It does not wait for their end: nobody uses their names again.
pub async fn remove_temporary(cluster: &Cluster) -> Result<()> {
    let namespaces: Api<Namespace> = cluster.all();
    let ours = ListParams::default().labels(&format!("{}={}", LABEL.0, LABEL.1));
    for namespace in namespaces.list(&ours).await? {
        namespaces
            .delete(&namespace.name_any(), &DeleteParams::default())
            .await?;
    }
    Ok(())
}
