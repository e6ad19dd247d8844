use anyhow::Result;
use e2e::harness;
use e2e::names::PART_OF;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};

#[tokio::test]
async fn every_container_runs_with_the_least_rights() -> Result<()> {
    harness::on_stack(async |cluster| {
        let pods: Api<Pod> = cluster.all();
        let ours = pods.list(&ListParams::default().labels(PART_OF)).await?;
        assert!(
            ours.items.len() >= 3,
            "workload, adapter and Prometheus have pods"
        );
        for pod in ours {
            let name = pod.name_any();
            let spec = pod.spec.unwrap_or_default();
            let containers = spec
                .containers
                .iter()
                .chain(spec.init_containers.iter().flatten());
            for container in containers {
                assert_eq!(
                    loose_ends(&spec, container),
                    Vec::<&str>::new(),
                    "{name}, container {}",
                    container.name
                );
            }
        }
        Ok(())
    })
    .await
}

fn loose_ends(pod: &PodSpec, container: &Container) -> Vec<&'static str> {
    let of_pod = pod.security_context.clone().unwrap_or_default();
    let own = container.security_context.clone().unwrap_or_default();
    let capabilities = own.capabilities.unwrap_or_default();
    let profile = own
        .seccomp_profile
        .or(of_pod.seccomp_profile)
        .map(|profile| profile.type_);
    let resources = container.resources.clone().unwrap_or_default();
    let memory_limit = resources
        .limits
        .is_some_and(|limits| limits.contains_key("memory"));
    let demands = [
        (
            "runAsNonRoot",
            own.run_as_non_root.or(of_pod.run_as_non_root) == Some(true),
        ),
        (
            "readOnlyRootFilesystem",
            own.read_only_root_filesystem == Some(true),
        ),
        (
            "no privilege escalation",
            own.allow_privilege_escalation == Some(false),
        ),
        ("not privileged", own.privileged != Some(true)),
        ("drop ALL", capabilities.drop.unwrap_or_default() == ["ALL"]),
        (
            "add nothing",
            capabilities.add.unwrap_or_default().is_empty(),
        ),
        (
            "seccomp RuntimeDefault",
            profile.as_deref() == Some("RuntimeDefault"),
        ),
        ("a memory limit", memory_limit),
        (
            "no host namespaces",
            [pod.host_network, pod.host_pid, pod.host_ipc]
                .iter()
                .all(|is| *is != Some(true)),
        ),
    ];
    demands
        .into_iter()
        .filter(|(_, met)| !met)
        .map(|(demand, _)| demand)
        .collect()
}
