//! A cluster that runs prometheus-adapter gets our image in the place of its, and nothing else changes:
//! the real HPA controller, kubectl and Kubernetes' own clients go on.
//!
//! One story, because its scenery takes longer than its scenes. It runs beside no other stack.

mod cases;
mod commands;
mod reading;
mod registration;
mod stage;

use anyhow::{Context as _, Result, ensure};
use e2e::cluster::Cluster;
use e2e::fixture::Images;
use e2e::{harness, hpa, kubectl, scripts};
use futures_util::future::try_join_all;
use serde_json::json;
use tokio::process::Command;

use crate::cases::{BY_CPU, CPU_TARGET, MOST, Round, cases};
use crate::stage::SHOP;

#[tokio::test]
async fn every_hpa_command_and_client_goes_on_when_only_the_image_changes() -> Result<()> {
    let story = async |cluster: &Cluster| {
        stage::close(cluster)
            .await
            .context("what an ended run left")?;
        let images = Images::of(cluster, &incumbent(cluster).await?)?;
        stage::open(cluster, &images).await?;
        stage::install(cluster, &images).await?;
        scene("the incumbent scales by each kind of metric");
        aim(cluster, Round::First).await?;
        settle(cluster, Round::First).await?;

        scene("our image takes its place");
        stage::switch(cluster, &images.adapter).await?;
        stage::all_run(cluster, &images.adapter).await?;
        let before = commands::errors_of_apiserver(cluster).await?;
        settle(cluster, Round::First).await?;
        aim(cluster, Round::Second).await?;
        settle(cluster, Round::Second).await?;
        decide_by_cpu(cluster).await?;
        undisturbed(cluster).await?;
        used(cluster, "v1beta1").await?;

        scene("v1beta2 takes the place of v1beta1");
        registration::replace_v1beta1(cluster, &images).await?;
        aim(cluster, Round::Third).await?;
        settle(cluster, Round::Third).await?;
        used(cluster, "v1beta2").await?;

        stage::all_run(cluster, &images.adapter).await?;
        let after = commands::errors_of_apiserver(cluster).await?;
        ensure!(
            after.len() == before.len(),
            "kube-apiserver complains: {:#?}",
            &after[before.len()..]
        );
        Ok(())
    };
    harness::on_cluster_then(story, stage::close).await
}

/// The image of the program whose place ours takes.
async fn incumbent(cluster: &Cluster) -> Result<String> {
    let Some(lab) = kubectl::lab(cluster) else {
        return Ok(e2e::fixture::INCUMBENT.to_owned());
    };
    let loaded = Command::new(scripts::root().join("e2e/incumbent.sh"))
        .env("LAB_NAME", lab)
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    ensure!(
        loaded.status.success(),
        "e2e/incumbent.sh: {}",
        loaded.status
    );
    Ok(String::from_utf8(loaded.stdout)?.trim().to_owned())
}

/// Gives every HPA the targets of a round, making those that are not there.
async fn aim(cluster: &Cluster, round: Round) -> Result<()> {
    let known = cases(round);
    let known = known
        .iter()
        .map(|case| cases::hpa(case.name, &case.metrics));
    let by_cpu = BY_CPU.map(|name| cases::hpa(name, &cases::by_cpu(name)));
    let list = json!({
        "apiVersion": "v1",
        "kind": "List",
        "items": known.chain(by_cpu).collect::<Vec<_>>(),
    });
    kubectl::apply(cluster, &list.to_string()).await
}

/// All HPAs side by side: each sync of theirs is 15 s.
async fn settle(cluster: &Cluster, round: Round) -> Result<()> {
    let known = cases(round);
    let known = known
        .iter()
        .map(|case| hpa::until_exactly(cluster, SHOP, case.name, case.replicas));
    let by_cpu = BY_CPU.map(|name| hpa::until_active(cluster, SHOP, name));
    tokio::try_join!(try_join_all(known), try_join_all(by_cpu))?;
    Ok(())
}

/// How much CPU is burnt depends on the machine, so the two HPAs by CPU are held to what they measure.
async fn decide_by_cpu(cluster: &Cluster) -> Result<()> {
    let by_cpu =
        BY_CPU.map(|name| hpa::until_decided_by_cpu(cluster, SHOP, name, CPU_TARGET, MOST));
    try_join_all(by_cpu).await?;
    Ok(())
}

/// Not one look of the HPA controller went without a number, before the switch, during it or after.
async fn undisturbed(cluster: &Cluster) -> Result<()> {
    let warnings = hpa::warnings(cluster, SHOP).await?;
    ensure!(
        warnings.is_empty(),
        "the HPA controller warns: {warnings:#?}"
    );
    commands::descriptions_are_clean(cluster).await
}

/// By people and by programs, with one version of the custom metrics API registered.
async fn used(cluster: &Cluster, version: &str) -> Result<()> {
    commands::discovery_is_merged(cluster, version).await?;
    commands::openapi_is_merged(cluster, version).await?;
    commands::all_clean(cluster, version).await?;
    reading::all_agree(cluster, version).await
}

#[expect(clippy::print_stderr, reason = "a story tells where it is")]
fn scene(what: &str) {
    eprintln!("-- {what}");
}
