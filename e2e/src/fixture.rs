//! Objects that tests bring along: the folders of `fixtures/`, with the images of this cluster.

use std::env;
use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::cluster::Cluster;
use crate::kubectl;
use crate::scripts::root;

/// What the published manifests run, and the one word in them that a switch changes.
pub const INCUMBENT: &str = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0";

/// The images of the objects, by the names that the fixtures write.
#[derive(Debug)]
pub struct Images {
    /// Ours.
    pub adapter: String,
    names: Vec<(&'static str, String)>,
}

impl Images {
    /// Ours as `build.sh` left them. `E2E_ADAPTER_IMAGE` puts another one in our adapter's place,
    /// so that the tests themselves can be tried on the incumbent.
    pub fn of(cluster: &Cluster, incumbent: &str) -> Result<Self> {
        let file = root().join(".build/images.env");
        let built = fs::read_to_string(&file)
            .with_context(|| format!("read {}; run ./build.sh first", file.display()))?;
        let image = |key: &str| {
            let mut lines = built.lines().filter_map(|line| line.split_once('='));
            let found = lines.find(|(name, _)| *name == key);
            let (_, image) = found.with_context(|| format!("{} has no {key}", file.display()))?;
            anyhow::Ok(image.to_owned())
        };
        let prometheus = if cluster.target == "lab" {
            "localhost/prometheus:v3.13.3"
        } else {
            "docker.io/prom/prometheus:v3.13.3"
        };
        Ok(Self {
            adapter: env::var("E2E_ADAPTER_IMAGE").or_else(|_| image("ADAPTER_IMAGE"))?,
            names: vec![
                ("localhost/workload:unset", image("WORKLOAD_IMAGE")?),
                ("localhost/stress:unset", image("STRESS_IMAGE")?),
                ("docker.io/prom/prometheus:v3.13.3", prometheus.to_owned()),
                (INCUMBENT, incumbent.to_owned()),
            ],
        })
    }

    fn put_into(&self, manifest: &str) -> String {
        self.names
            .iter()
            .fold(manifest.to_owned(), |text, (name, image)| {
                text.replace(name, image)
            })
    }
}

/// Applies a folder of `fixtures/` as kustomize renders it.
pub async fn apply(cluster: &Cluster, images: &Images, folder: &str) -> Result<()> {
    let path = root().join("e2e/fixtures").join(folder);
    let path = path.to_str().context("the checkout's path is text")?;
    let rendered = kubectl::run(cluster, &["kustomize", path]).await?.clean()?;
    kubectl::apply(cluster, &images.put_into(&rendered))
        .await
        .with_context(|| format!("fixtures/{folder}"))
}

/// Applies one file, with each of `names` in the place of `NAME`; without names as it is.
pub async fn apply_file(
    cluster: &Cluster,
    images: &Images,
    file: &str,
    names: &[&str],
) -> Result<()> {
    let text = images.put_into(&read(file)?);
    let all = if names.is_empty() {
        text
    } else {
        ensure!(text.contains("NAME"), "fixtures/{file} has no NAME");
        let copies: Vec<String> = names
            .iter()
            .map(|name| text.replace("NAME", name))
            .collect();
        copies.join("---\n")
    };
    kubectl::apply(cluster, &all)
        .await
        .with_context(|| format!("fixtures/{file}"))
}

/// The text of a file of `fixtures/`.
pub fn read(file: &str) -> Result<String> {
    let path = root().join("e2e/fixtures").join(file);
    fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
}
