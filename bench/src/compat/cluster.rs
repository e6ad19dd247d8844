//! The objects that the requests are about.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::kubectl::Kubectl;

/// kube-apiserver takes a second for a new kind.
const ESTABLISHED: Duration = Duration::from_mins(1);
const LABEL: &str = "compat=yes";

/// Makes them; harmless when they are there.
pub fn create(kubectl: &Kubectl, dir: &Path) -> Result<()> {
    let apply = |file: &str, more: &[&str]| {
        let file = dir.join(file).display().to_string();
        let words = ["apply", "--server-side", "--force-conflicts", "-f", &file];
        kubectl.run(&[&words, more].concat()).map(drop)
    };
    apply("crds.yaml", &[])?;
    apply("cluster.yaml", &[])?;
    kubectl.wait(
        &["wait", "--for=condition=Established", "crd", "-l", LABEL],
        ESTABLISHED,
    )?;
    apply("objects.yaml", &[])?;
    apply("pods.yaml", &[])?;
    apply("pods.yaml", &["--subresource=status"])
}

/// Takes them away. Nobody ends pods on nodes that do not exist, so they are told to be gone.
pub fn remove(kubectl: &Kubectl, dir: &Path) -> Result<()> {
    let file = |name: &str| dir.join(name).display().to_string();
    let pods = file("pods.yaml");
    kubectl.run(&[
        "delete",
        "--ignore-not-found",
        "--grace-period=0",
        "--force",
        "-f",
        &pods,
    ])?;
    for name in ["objects.yaml", "cluster.yaml", "crds.yaml"] {
        let file = file(name);
        kubectl.run(&["delete", "--ignore-not-found", "--wait=false", "-f", &file])?;
    }
    Ok(())
}
