//! Which adapter answers: ours and the rival are two Deployments behind one Service, one of them at
//! zero.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::{
    kubectl::Kubectl,
    rounds::Side,
    usage::{self, Usage},
};

const NAMESPACE: &str = "custom-metrics";
const API_SERVICE: &str = "v1beta1.custom.metrics.k8s.io";
/// Made by bench/lib/rival.sh, with the rival's CA beside its serving pair.
const RIVAL_SECRET: &str = "prometheus-adapter-serving-certs";
const START_BOUND: Duration = Duration::from_mins(2);

/// The names of one side's objects.
#[derive(Clone, Copy, Debug)]
struct Names {
    deployment: &'static str,
    /// Tells this side's pods from the other's; the Service selects both.
    pods: &'static str,
}

fn names(side: Side) -> Names {
    match side {
        Side::Ours => Names {
            deployment: "custom-metrics-apiserver",
            pods: "app=custom-metrics-apiserver,bench!=rival",
        },
        Side::Rival => Names {
            deployment: "prometheus-adapter",
            pods: "app=custom-metrics-apiserver,bench=rival",
        },
    }
}

/// Starts one side afresh in the place of whatever ran before.
pub fn start(kubectl: &Kubectl, side: Side) -> Result<()> {
    for other in [Side::Ours, Side::Rival] {
        scale(kubectl, names(other).deployment, 0)?;
    }
    for other in [Side::Ours, Side::Rival] {
        let pods = names(other).pods;
        kubectl.wait(
            &["-n", NAMESPACE, "wait", "--for=delete", "pod", "-l", pods],
            START_BOUND,
        )?;
    }
    // Ours writes its own CA when it starts.
    if side == Side::Rival {
        trust_rival(kubectl)?;
    }
    let deployment = names(side).deployment;
    scale(kubectl, deployment, 1)?;
    let target = format!("deployment/{deployment}");
    kubectl.wait(
        &["-n", NAMESPACE, "rollout", "status", &target],
        START_BOUND,
    )?;
    let available = [
        "wait",
        "--for=condition=Available",
        "apiservice",
        API_SERVICE,
    ];
    kubectl.wait(&available, START_BOUND)
}

fn scale(kubectl: &Kubectl, deployment: &str, replicas: u32) -> Result<()> {
    let replicas = format!("--replicas={replicas}");
    kubectl
        .run(&[
            "-n",
            NAMESPACE,
            "scale",
            "deployment",
            deployment,
            &replicas,
        ])
        .map(drop)
}

fn trust_rival(kubectl: &Kubectl) -> Result<()> {
    let ca = "jsonpath={.data.ca\\.crt}";
    let bundle = kubectl.run(&["-n", NAMESPACE, "get", "secret", RIVAL_SECRET, "-o", ca])?;
    ensure!(!bundle.is_empty(), "secret {RIVAL_SECRET} has no ca.crt");
    let patch = format!(r#"{{"spec":{{"caBundle":"{bundle}"}}}}"#);
    kubectl
        .run(&[
            "patch",
            "apiservice",
            API_SERVICE,
            "--type=merge",
            "-p",
            &patch,
        ])
        .map(drop)
}

/// The one container of the side that runs.
pub fn container(kubectl: &Kubectl, side: Side) -> Result<String> {
    let path = "jsonpath={.items[*].status.containerStatuses[*].containerID}";
    let ids = kubectl.run(&[
        "-n",
        NAMESPACE,
        "get",
        "pods",
        "-l",
        names(side).pods,
        "-o",
        path,
    ])?;
    let mut ids = ids.split_whitespace();
    let (id, more) = (ids.next(), ids.next());
    ensure!(
        more.is_none(),
        "{} has more than one container; the bench compares single ones",
        side.name()
    );
    // `containerd://ID`
    let (_, id) = id
        .and_then(|id| id.split_once("://"))
        .with_context(|| format!("{} has no container", side.name()))?;
    Ok(id.to_owned())
}

/// What the side's container has used since it started.
///
/// # Errors
/// When that container is gone: an adapter that restarted under measurement is no measurement.
pub fn usage(kubectl: &Kubectl, side: Side, container_id: &str) -> Result<Usage> {
    let now = container(kubectl, side)?;
    ensure!(
        now == container_id,
        "the adapter ({}) restarted during the round",
        side.name()
    );
    usage::of_container(container_id)
}
