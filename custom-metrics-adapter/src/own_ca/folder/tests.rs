use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::*;

/// What was installed, newest last; refuses what no server could use.
#[derive(Default)]
struct Installed(Mutex<Vec<Pair>>);

impl Installed {
    fn install(&self, chain: &[u8], key: &[u8]) -> anyhow::Result<()> {
        use rustls_pki_types::pem::PemObject as _;
        let chain_der = rustls_pki_types::CertificateDer::from_pem_slice(chain)?;
        let key_der = rustls_pki_types::PrivateKeyDer::from_pem_slice(key)?;
        let provider = rustls::crypto::ring::default_provider();
        rustls::sign::CertifiedKey::from_der(vec![chain_der], key_der, &provider)?;
        let pair = Pair {
            chain: chain.to_vec(),
            key: key.to_vec(),
        };
        let pairs = self.0.lock();
        pairs.unwrap_or_else(PoisonError::into_inner).push(pair);
        Ok(())
    }
}

fn folder(path: &Path) -> Folder {
    Folder {
        path: path.to_owned(),
        names: vec!["localhost".to_owned()],
        interval: Duration::from_millis(5),
    }
}

fn foreign() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

async fn first(path: &Path) -> anyhow::Result<Pair> {
    let installed = Installed::default();
    folder(path)
        .first(&|chain, key| installed.install(chain, key))
        .await
}

#[tokio::test]
async fn without_a_pair_one_is_made_written_and_used_again_after_a_restart() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("deep/certificates");
    let made = first(&path).await.unwrap();
    assert!(authority::is_ours(&made.chain));
    let permissions = std::fs::metadata(path.join(KEY)).unwrap().permissions();
    assert_eq!(
        permissions.mode() & 0o777,
        0o600,
        "only we may read the key"
    );
    assert!(first(&path).await.unwrap() == made);
    let left: Vec<_> = std::fs::read_dir(&path).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn a_pair_that_is_there_is_used_as_it_is() {
    let root = TempDir::new().unwrap();
    let (chain, key) = foreign();
    std::fs::write(root.path().join(CHAIN), &chain).unwrap();
    std::fs::write(root.path().join(KEY), &key).unwrap();
    assert!(first(root.path()).await.unwrap().chain == chain.as_bytes());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_served_from_memory() {
    let root = TempDir::new().unwrap();
    // A file where the folder should be: not even the superuser can write below it.
    let path = root.path().join("file");
    std::fs::write(&path, "").unwrap();
    let error = folder(&path)
        .write(&Pair {
            chain: vec![],
            key: vec![],
        })
        .await
        .unwrap_err();
    assert!(format!("{error:#}").contains("--cert-dir"), "{error:#}");
    assert!(authority::is_ours(
        &folder(&path).make().await.unwrap().chain
    ));
}

#[tokio::test]
async fn junk_of_somebody_else_is_an_error_that_names_the_files_and_stays() {
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join(CHAIN), "junk").unwrap();
    std::fs::write(root.path().join(KEY), "junk").unwrap();
    let error = format!("{:#}", first(root.path()).await.err().unwrap());
    assert!(
        error.contains(CHAIN) && error.contains("--cert-dir"),
        "{error}"
    );
    assert_eq!(std::fs::read(root.path().join(KEY)).unwrap(), b"junk");
}

#[tokio::test]
async fn half_a_pair_of_somebody_else_is_an_error_and_half_of_ours_is_made_again() {
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join(KEY), foreign().1).unwrap();
    let error = first(root.path()).await.err().unwrap().to_string();
    assert!(error.contains("apiserver.crt is missing"), "{error}");
    std::fs::remove_file(root.path().join(KEY)).unwrap();
    let made = first(root.path()).await.unwrap();
    std::fs::remove_file(root.path().join(KEY)).unwrap();
    let again = first(root.path()).await.unwrap();
    assert!(made != again);
    // Two halves that do not belong together, as a crash may leave them.
    std::fs::write(root.path().join(KEY), &made.key).unwrap();
    first(root.path()).await.unwrap();
}

#[tokio::test]
async fn a_changed_pair_is_taken_over_and_an_old_one_of_ours_is_renewed() {
    let root = TempDir::new().unwrap();
    let installed = Installed::default();
    let install = |chain: &[u8], key: &[u8]| installed.install(chain, key);
    let here = folder(root.path());
    let serving = here.first(&install).await.unwrap();
    let mut state = State {
        serving,
        seen: None,
    };
    let (chain, key) = foreign();
    std::fs::write(root.path().join(CHAIN), &chain).unwrap();
    here.follow(&mut state, &install).await.unwrap_err();
    std::fs::write(root.path().join(KEY), &key).unwrap();
    here.follow(&mut state, &install).await.unwrap();
    assert!(state.serving.chain == chain.as_bytes());
    // Made a year ago: nothing of its life is left.
    let year_ago = Timestamp::from_second(Timestamp::now().as_second() - 365 * 86_400).unwrap();
    let old = authority::make(&here.names, year_ago).unwrap();
    std::fs::write(
        root.path().join(CHAIN),
        old.certificate.clone() + &old.authorities,
    )
    .unwrap();
    std::fs::write(root.path().join(KEY), &old.key).unwrap();
    here.follow(&mut state, &install).await.unwrap();
    assert!(authority::is_fresh(
        &state.serving.chain,
        &here.names,
        Timestamp::now()
    ));
    assert!(here.read().await.unwrap().unwrap() == state.serving);
    assert_eq!(installed.0.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn what_was_renewed_in_memory_only_is_not_replaced_by_the_old_files() {
    let root = TempDir::new().unwrap();
    let installed = Installed::default();
    let install = |chain: &[u8], key: &[u8]| installed.install(chain, key);
    let here = folder(root.path());
    let old = authority::make(&here.names, Timestamp::UNIX_EPOCH).unwrap();
    std::fs::write(root.path().join(CHAIN), &old.certificate).unwrap();
    std::fs::write(root.path().join(KEY), &old.key).unwrap();
    let serving = here.first(&install).await.unwrap();
    let mut state = State {
        serving,
        seen: None,
    };
    here.follow(&mut state, &install).await.unwrap();
    let renewed = state.serving.clone();
    // As if the renewal could not be written.
    std::fs::write(root.path().join(CHAIN), &old.certificate).unwrap();
    std::fs::write(root.path().join(KEY), &old.key).unwrap();
    here.follow(&mut state, &install).await.unwrap();
    assert!(state.serving == renewed);
}
