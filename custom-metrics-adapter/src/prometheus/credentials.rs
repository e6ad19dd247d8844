//! What every request to Prometheus carries to prove who asks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http_body_util::Empty;
use kube::client::ConfigExt as _;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer as _, ServiceExt as _, service_fn};

use crate::args::values::Header;

/// kubelet renews a projected token long before it ends; a minute is what Go's clients take.
const TOKEN_LIFE: Duration = Duration::from_mins(1);

/// Headers of every request: fixed ones, and a token that may change.
///
/// As with Go's clients, a header `Authorization` comes before the user of the URL, that before the
/// token file, and that before a kubeconfig.
#[derive(Debug)]
pub(super) struct Credentials {
    headers: HeaderMap,
    source: Source,
}

enum Source {
    Nothing,
    File(TokenFile),
    Kubeconfig(Kubeconfig),
}

/// A request that is never sent: it only collects its header.
type Probe = http::Request<Empty<Bytes>>;
/// Kube's own ways to an `Authorization` header (tokens, token files, plugins), without its client.
type Kubeconfig = BoxCloneSyncService<Probe, http::Response<Option<HeaderValue>>, BoxError>;

impl Credentials {
    /// `settled` says that the URL names a user, so that no token is asked for.
    ///
    /// # Errors
    /// Names the flag and what is wrong, never a value: it may be a secret.
    pub(super) async fn new(
        headers: &[Header],
        settled: bool,
        token_file: Option<&Path>,
        kubeconfig: Option<&kube::Config>,
    ) -> anyhow::Result<Self> {
        let headers = header_map(headers)?;
        let source = if settled || headers.contains_key(AUTHORIZATION) {
            Source::Nothing
        } else if let Some(path) = token_file {
            Source::File(TokenFile::open(path).await?)
        } else if let Some(config) = kubeconfig {
            authorization_of(config)?
        } else {
            Source::Nothing
        };
        Ok(Self { headers, source })
    }

    /// The headers of one request.
    ///
    /// # Errors
    /// For people: why there is no token.
    pub(super) async fn headers(&self) -> Result<HeaderMap, String> {
        let token = match &self.source {
            Source::Nothing => None,
            Source::File(file) => Some(file.token().await),
            Source::Kubeconfig(service) => {
                let asked = service.clone().oneshot(Probe::default());
                asked.await.map_err(|error| error.to_string())?.into_body()
            }
        };
        let mut headers = self.headers.clone();
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token);
        }
        Ok(headers)
    }
}

fn header_map(headers: &[Header]) -> anyhow::Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for Header { name, value } in headers {
        let key = HeaderName::from_bytes(name.as_bytes())
            .with_context(|| format!("--prometheus-header: {name:?} is no name of a header"))?;
        let mut value = HeaderValue::from_str(value).with_context(|| {
            format!("--prometheus-header {name}: its value must be printable ASCII on one line")
        })?;
        value.set_sensitive(true);
        map.append(key, value);
    }
    Ok(map)
}

fn authorization_of(config: &kube::Config) -> anyhow::Result<Source> {
    let layer = config
        .auth_layer()
        .context("--prometheus-auth-config: use its credentials")?;
    Ok(layer.map_or(Source::Nothing, |layer| {
        let tail = service_fn(|request: Probe| async move {
            let header = request.headers().get(AUTHORIZATION).cloned();
            Ok::<_, BoxError>(http::Response::new(header))
        });
        Source::Kubeconfig(BoxCloneSyncService::new(layer.layer(tail)))
    }))
}

/// A bearer token that is renewed under our feet.
#[derive(Debug)]
struct TokenFile {
    path: PathBuf,
    current: Mutex<(HeaderValue, Instant)>,
}

impl TokenFile {
    async fn open(path: &Path) -> anyhow::Result<Self> {
        let token = read(path).await?;
        Ok(Self {
            path: path.to_owned(),
            current: Mutex::new((token, Instant::now())),
        })
    }

    /// A file that cannot be read leaves the former token in use.
    async fn token(&self) -> HeaderValue {
        let mut current = self.current.lock().await;
        if current.1.elapsed() >= TOKEN_LIFE {
            match read(&self.path).await {
                Ok(token) => current.0 = token,
                Err(error) => tracing::warn!("keep the former token: {error:#}"),
            }
            current.1 = Instant::now();
        }
        current.0.clone()
    }
}

async fn read(path: &Path) -> anyhow::Result<HeaderValue> {
    let context = || format!("--prometheus-token-file {}", path.display());
    let text = tokio::fs::read_to_string(path)
        .await
        .with_context(context)?;
    let token = text.trim();
    anyhow::ensure!(!token.is_empty(), "{}: it is empty", context());
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .with_context(|| format!("{}: it holds no token on one line", context()))?;
    value.set_sensitive(true);
    Ok(value)
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Nothing => "Nothing",
            Self::File(_) => "File",
            Self::Kubeconfig(_) => "Kubeconfig",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::config::Kubeconfig;

    fn headers(list: &[&str]) -> Vec<Header> {
        list.iter()
            .map(|text| Header::parse(text).unwrap())
            .collect()
    }

    async fn authorization(credentials: &Credentials) -> Option<String> {
        let headers = credentials.headers().await.unwrap();
        Some(headers.get(AUTHORIZATION)?.to_str().unwrap().to_owned())
    }

    #[test]
    fn headers_are_those_of_prometheus_adapters_own_test() {
        assert!(header_map(&[]).unwrap().is_empty());
        let map = header_map(&headers(&["foo=bar", "foo=baz", "bux=baz=23", "bare"])).unwrap();
        let of = |name| map.get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(of("Foo"), ["bar", "baz"]);
        assert_eq!(of("Bux"), ["baz=23"]);
        assert_eq!(of("bare"), [""]);
    }

    #[test]
    fn a_bad_header_is_named_and_its_value_is_not_shown() {
        let error = format!("{:#}", header_map(&headers(&["a b=secret"])).unwrap_err());
        assert!(
            error.contains("\"a b\"") && !error.contains("secret"),
            "{error}"
        );
        let error = format!("{:#}", header_map(&headers(&["a=sec\nret"])).unwrap_err());
        assert!(
            error.contains("--prometheus-header a") && !error.contains("sec"),
            "{error}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_file_is_trimmed_and_read_again_and_its_loss_is_survived() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " one\n").unwrap();
        let credentials = Credentials::new(&[], false, Some(file.path()), None)
            .await
            .unwrap();
        std::fs::write(file.path(), "two").unwrap();
        assert_eq!(
            authorization(&credentials).await.as_deref(),
            Some("Bearer one")
        );
        tokio::time::advance(TOKEN_LIFE).await;
        assert_eq!(
            authorization(&credentials).await.as_deref(),
            Some("Bearer two")
        );
        std::fs::write(file.path(), "").unwrap();
        tokio::time::advance(TOKEN_LIFE).await;
        assert_eq!(
            authorization(&credentials).await.as_deref(),
            Some("Bearer two")
        );
    }

    #[tokio::test]
    async fn a_missing_or_empty_token_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in [file.path(), Path::new("/nowhere/token")] {
            let error = Credentials::new(&[], false, Some(path), None)
                .await
                .unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(&path.display().to_string()), "{error}");
            assert!(error.contains("--prometheus-token-file"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_header_comes_before_the_token_file_and_that_before_the_kubeconfig() {
        let mut config = kube::Config::new("http://cluster".parse().unwrap());
        let yaml = "users: [{name: u, user: {token: from-kubeconfig}}]";
        let users = Kubeconfig::from_yaml(yaml).unwrap().auth_infos;
        config.auth_info = users
            .into_iter()
            .find_map(|user| user.auth_info)
            .unwrap_or_default();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from-file").unwrap();
        let header = headers(&["authorization=from-header"]);
        for (headers, settled, path, expected) in [
            (
                header.as_slice(),
                false,
                Some(file.path()),
                Some("from-header"),
            ),
            (&[], false, Some(file.path()), Some("Bearer from-file")),
            (&[], false, None, Some("Bearer from-kubeconfig")),
            (&[], true, Some(file.path()), None),
        ] {
            let credentials = Credentials::new(headers, settled, path, Some(&config))
                .await
                .unwrap();
            assert_eq!(authorization(&credentials).await.as_deref(), expected);
        }
    }
}
