//! A serving pair in a folder, as Go's API servers keep it in `--cert-dir`.
//!
//! A pair that somebody put there is used as it is, and every change of it. Where there is none, one is
//! made and written, and renewed before it ends. A folder that cannot be written is no reason not to
//! serve: the pair is then kept in memory.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio::time::MissedTickBehavior;

use crate::own_ca::authority;

/// Names of prometheus-adapter.
const CHAIN: &str = "apiserver.crt";
const KEY: &str = "apiserver.key";

/// Where the pair is kept and for whom it is.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    /// DNS names of the server.
    pub names: Vec<String>,
    /// Between two looks at the files.
    pub interval: Duration,
}

/// Certificate chain and key, both PEM.
#[derive(Clone, PartialEq, Eq)]
struct Pair {
    chain: Vec<u8>,
    key: Vec<u8>,
}

/// What is known after a look at the files.
struct State {
    serving: Pair,
    /// What the folder held: what was refused is not tried again, and what was renewed in memory only
    /// is not brought back.
    seen: Option<Pair>,
}

impl Folder {
    /// Installs the pair and then every change of it. `install` takes certificate chain and key.
    ///
    /// # Errors
    /// When a pair that is not ours is there at the start and unusable. Later errors are logged once
    /// and leave the former pair in use.
    pub async fn run(
        self,
        install: impl Fn(&[u8], &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Infallible> {
        let mut state = State {
            serving: self.first(&install).await?,
            seen: None,
        };
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut complaint = String::new();
        loop {
            ticks.tick().await;
            if let Err(error) = self.follow(&mut state, &install).await {
                let error = format!("{error:#}");
                if error != complaint {
                    tracing::warn!("keep the serving certificate: {error}");
                }
                complaint = error;
            }
        }
    }

    /// The pair to begin with, installed.
    async fn first(
        &self,
        install: &impl Fn(&[u8], &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Pair> {
        if let Some(found) = self.read().await? {
            match install(&found.chain, &found.key) {
                Ok(()) => return Ok(found),
                // A crash between two writes leaves halves that do not belong together.
                Err(error) if authority::is_ours(&found.chain) => {
                    tracing::warn!("make the serving certificate again: {error:#}");
                }
                Err(error) => return Err(error.context(self.both())),
            }
        }
        let made = self.make().await?;
        install(&made.chain, &made.key)?;
        Ok(made)
    }

    /// Takes over what somebody changed, and renews what is ours in time.
    async fn follow(
        &self,
        state: &mut State,
        install: &impl Fn(&[u8], &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let found = self.read().await?;
        if found.is_some() && found != state.seen {
            state.seen.clone_from(&found);
            if let Some(found) = found.filter(|found| *found != state.serving) {
                install(&found.chain, &found.key).with_context(|| self.both())?;
                state.serving = found;
            }
        }
        let chain = &state.serving.chain;
        if authority::is_ours(chain) && !authority::is_fresh(chain, &self.names, Timestamp::now()) {
            let made = self.make().await?;
            install(&made.chain, &made.key)?;
            state.serving = made;
        }
        Ok(())
    }

    /// The pair of the folder; nothing when there is none, or only our half of one.
    async fn read(&self) -> anyhow::Result<Option<Pair>> {
        let chain = read(&self.path.join(CHAIN)).await?;
        let key = read(&self.path.join(KEY)).await?;
        match (chain, key) {
            (Some(chain), Some(key)) => Ok(Some(Pair { chain, key })),
            (None, None) => Ok(None),
            (Some(chain), None) if authority::is_ours(&chain) => Ok(None),
            (chain, _) => {
                let missing = if chain.is_some() { KEY } else { CHAIN };
                let folder = self.path.display();
                anyhow::bail!(
                    "--cert-dir {folder}: {missing} is missing; {CHAIN} and {KEY} must be there both or neither"
                )
            }
        }
    }

    /// A new pair, in the folder where that can be written.
    async fn make(&self) -> anyhow::Result<Pair> {
        let made = authority::make(&self.names, Timestamp::now())?;
        let pair = Pair {
            chain: (made.certificate + &made.authorities).into_bytes(),
            key: made.key.into_bytes(),
        };
        match self.write(&pair).await {
            Ok(()) => tracing::info!("made a serving certificate: {}", self.both()),
            Err(error) => tracing::warn!(
                "keep the serving certificate in memory, a restart makes another one: {error:#}"
            ),
        }
        Ok(pair)
    }

    /// The chain first: alone it is seen to be ours, a key alone could be anybody's.
    async fn write(&self, pair: &Pair) -> anyhow::Result<()> {
        let folder = &self.path;
        tokio::fs::create_dir_all(folder)
            .await
            .with_context(|| format!("make --cert-dir {}", folder.display()))?;
        write(&folder.join(CHAIN), &pair.chain, 0o644).await?;
        write(&folder.join(KEY), &pair.key, 0o600).await
    }

    fn both(&self) -> String {
        format!("--cert-dir {}: {CHAIN} with {KEY}", self.path.display())
    }
}

async fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match tokio::fs::read(path).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// Writes beside the file and renames, so that nobody reads half of it.
async fn write(path: &Path, content: &[u8], mode: u32) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let written = async {
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(mode);
        let mut file = options.open(&beside).await?;
        file.write_all(content).await?;
        file.flush().await?;
        tokio::fs::rename(&beside, path).await
    };
    written
        .await
        .with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests;
