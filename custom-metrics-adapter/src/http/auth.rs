//! Who asks, and may they.
//!
//! Identity headers count only over a client certificate of the front proxy. Other proofs of an
//! identity join [`Identity`] and [`identify`].

use std::collections::BTreeMap;

use custom_metrics_core::Reason;
use custom_metrics_core::reason::Forbidden;
use http::HeaderMap;
use rustls_pki_types::UnixTime;

use crate::ports::{Access, Authorize, Decision, User};
use crate::trust::{ClientTrust, NotFrontProxy, Peer, RequestHeader};

/// Members may do everything; asking would tell nothing. kube-apiserver's own components are.
const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";
const ANONYMOUS: &str = "system:anonymous";

/// How somebody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Nobody tried to prove anything.
    Anonymous,
    /// The front proxy vouches for a user.
    FrontProxy(User),
}

/// Paths that are no resources and that anybody may read, without a proof of anything.
#[derive(Debug, Clone, Default)]
pub struct OpenPaths(Vec<String>);

impl OpenPaths {
    /// A trailing `*` stands for everything below.
    pub fn new(paths: &[String]) -> Self {
        let relative = |path: &String| path.trim_start_matches('/').to_owned();
        Self(paths.iter().map(relative).collect())
    }

    pub fn cover(&self, path: &str) -> bool {
        let path = path.trim_start_matches('/');
        self.0.iter().any(|open| match open.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == open,
        })
    }
}

/// # Errors
/// [`Reason::Unauthorized`] when a proof was offered and does not hold.
pub fn identify(
    trust: Option<&ClientTrust>,
    peer: &Peer,
    headers: &HeaderMap,
) -> Result<Identity, Reason> {
    // The log says why; the stranger is not told.
    let refuse = |why: &str| {
        tracing::info!("refuse a client: {why}");
        Err(Reason::Unauthorized)
    };
    let Some(trust) = trust else {
        return refuse("the front-proxy authority is not known yet");
    };
    match trust.is_front_proxy(peer, UnixTime::now()) {
        Err(NotFrontProxy::NoCertificate) => Ok(Identity::Anonymous),
        Err(error) => refuse(&error.to_string()),
        Ok(()) => match user(&trust.request_header, headers) {
            Some(user) => Ok(Identity::FrontProxy(user)),
            None => refuse("the front proxy names no user"),
        },
    }
}

/// # Errors
/// [`Reason::Forbidden`] when kube-apiserver says no, [`Reason::Internal`] when it says nothing.
pub async fn authorize(
    authorizer: &dyn Authorize,
    identity: &Identity,
    access: &Access,
) -> Result<(), Reason> {
    let user = match identity {
        Identity::Anonymous => {
            return Err(forbidden(
                ANONYMOUS,
                access,
                "anonymous clients read health only",
            ));
        }
        Identity::FrontProxy(user) => user,
    };
    if user.groups.iter().any(|group| group == MASTERS) {
        return Ok(());
    }
    match authorizer.authorize(user, access).await {
        Ok(Decision::Allowed) => Ok(()),
        Ok(Decision::Denied { why }) => {
            tracing::info!(user = user.name, ?access, "deny `{}`: {why}", user.name);
            Err(forbidden(&user.name, access, &why))
        }
        Err(error) => Err(Reason::Internal { why: error.0 }),
    }
}

fn forbidden(user: &str, access: &Access, why: &str) -> Reason {
    let (user, why) = (user.to_owned(), why.to_owned());
    Reason::Forbidden(Box::new(match access {
        Access::Path(path) => Forbidden::Path {
            user,
            path: path.clone(),
            why,
        },
        Access::Resource(access) => Forbidden::Resource {
            user,
            access: access.clone(),
            why,
        },
    }))
}

/// The user that the headers name. Call only when the front proxy is proven.
fn user(names: &RequestHeader, headers: &HeaderMap) -> Option<User> {
    let all = |names: &[String]| -> Vec<String> {
        names
            .iter()
            .flat_map(|name| headers.get_all(name.as_str()))
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
            .collect()
    };
    let first = |names: &[String]| all(names).into_iter().find(|value| !value.is_empty());
    let mut groups = all(&names.group_headers);
    if !groups.iter().any(|group| group == AUTHENTICATED) {
        groups.push(AUTHENTICATED.to_owned());
    }
    Some(User {
        name: first(&names.username_headers)?,
        uid: first(&names.uid_headers).unwrap_or_default(),
        groups,
        extra: extra(&names.extra_prefixes, headers),
    })
}

/// `X-Remote-Extra-Scopes%2FOne: a` → `scopes/one` = `[a]`. The map of headers is in lower case.
fn extra(prefixes: &[String], headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for prefix in prefixes {
        let prefix = prefix.to_ascii_lowercase();
        for (name, value) in headers {
            let Some(key) = name.as_str().strip_prefix(&prefix) else {
                continue;
            };
            if let Ok(value) = value.to_str() {
                extra
                    .entry(unescape(key))
                    .or_default()
                    .push(value.to_owned());
            }
        }
    }
    extra
}

/// Percent-decoding; a text that cannot be decoded stands for itself, as in Go's API servers.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            return text.to_owned();
        };
        bytes.push(byte);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_or_else(|_| text.to_owned(), |text| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> RequestHeader {
        RequestHeader {
            client_ca: String::new(),
            allowed_names: Vec::new(),
            username_headers: vec!["X-Remote-User".to_owned()],
            group_headers: vec!["X-Remote-Group".to_owned()],
            uid_headers: vec!["X-Remote-Uid".to_owned()],
            extra_prefixes: vec!["X-Remote-Extra-".to_owned()],
        }
    }

    #[test]
    fn the_user_is_read_with_groups_uid_and_extra() {
        let mut headers = HeaderMap::new();
        headers.insert("x-remote-user", "ada".parse().unwrap());
        headers.append("x-remote-group", "one".parse().unwrap());
        headers.append("x-remote-group", "two".parse().unwrap());
        headers.insert("x-remote-uid", "42".parse().unwrap());
        headers.insert("x-remote-extra-foo%2fbar", "z".parse().unwrap());
        let user = user(&names(), &headers).unwrap();
        assert_eq!(user.name, "ada");
        assert_eq!(user.groups, ["one", "two", AUTHENTICATED]);
        assert_eq!(user.uid, "42");
        assert_eq!(user.extra["foo/bar"], ["z"]);
    }

    #[test]
    fn open_paths_are_exact_unless_they_end_in_a_star() {
        let open = OpenPaths::new(&["/healthz".to_owned(), "/a/*".to_owned()]);
        let covered = ["/healthz", "/healthz/ping", "/a/", "/a/b", "/a", "/apis"]
            .map(|path| open.cover(path));
        assert_eq!(covered, [true, false, true, true, false, false]);
    }

    #[test]
    fn an_empty_name_is_no_user() {
        let mut headers = HeaderMap::new();
        headers.insert("x-remote-user", "".parse().unwrap());
        assert_eq!(user(&names(), &headers), None);
    }

    proptest! {
        #[test]
        fn unescaping_never_panics(text in "[%a-f0-9é]{0,12}") {
            let _ = unescape(&text);
        }
    }
}
