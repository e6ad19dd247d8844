use anyhow::Result;
use e2e::inventory::{self, Inventory};
use e2e::{harness, scale, scripts};
#[tokio::test]
async fn a_second_deploy_changes_no_object_and_restarts_no_pod() -> Result<()> {
    harness::on_stack(async |cluster| {
        scale::until_exactly(cluster, 1).await?;
        let before = inventory::take(cluster).await?;
        scripts::deploy(cluster).await?;
        let after = inventory::take(cluster).await?;

        assert!(
            before.keys().any(|name| name.starts_with("Deployment ")),
            "the inventory misses what is there: {before:?}"
        );
        assert_eq!(differences(&before, &after), Vec::<String>::new());
        Ok(())
    })
    .await
}

fn differences(before: &Inventory, after: &Inventory) -> Vec<String> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name}: {:?} -> {:?}", before.get(name), after.get(name)))
        .collect()
}
