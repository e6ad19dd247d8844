//! The Secret that all replicas share. Whoever writes first wins; the others read.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};

use crate::own_ca::authority::{self, KeyPair};
use crate::own_ca::{OwnCa, bounded, is_code};

const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
const AUTHORITIES: &str = "ca.crt";
/// A replica loses a race once per writer; more means that something else fights over the Secret.
const TRIES: usize = 5;

/// The pair of the Secret, made anew when there is none or its life draws to an end.
pub(super) async fn read_or_create(own: &OwnCa) -> anyhow::Result<KeyPair> {
    let api: Api<Secret> = Api::namespaced(own.client.clone(), &own.namespace);
    let place = || format!("Secret `{}/{}`", own.namespace, own.secret);
    for _ in 0..TRIES {
        let found = bounded("read", api.get_opt(&own.secret))
            .await?
            .with_context(|| format!("read {}", place()))?;
        let names = own.names();
        let now = Timestamp::now();
        let before = found.as_ref().and_then(pair);
        if let Some(pair) = before
            .clone()
            .filter(|pair| authority::is_fresh(pair.certificate.as_bytes(), &names, now))
        {
            return Ok(pair);
        }
        let mut made = authority::make(&names, now).context("make a certificate")?;
        if let Some(before) = before {
            made.authorities = bundle(&made.authorities, &before.authorities);
        }
        let written = if let Some(found) = found {
            replace(own, &api, found, &made).await?
        } else {
            let secret = secret(own, &made);
            bounded("create", api.create(&PostParams::default(), &secret)).await?
        };
        if !is_code(&written, 409) {
            written.with_context(|| format!("write {}", place()))?;
            tracing::info!("make a certificate authority and keep it in {}", place());
            return Ok(made);
        }
    }
    anyhow::bail!("write {}: somebody else changes it all the time", place())
}

/// Only over the version that was read, so that two renewing replicas end with one pair.
async fn replace(
    own: &OwnCa,
    api: &Api<Secret>,
    mut found: Secret,
    made: &KeyPair,
) -> anyhow::Result<kube::Result<Secret>> {
    found.data.get_or_insert_default().extend(data(made));
    bounded(
        "replace",
        api.replace(&own.secret, &PostParams::default(), &found),
    )
    .await
}

fn secret(own: &OwnCa, pair: &KeyPair) -> Secret {
    let labels = [("app.kubernetes.io/part-of", "custom-metrics-stack")];
    Secret {
        metadata: ObjectMeta {
            name: Some(own.secret.clone()),
            namespace: Some(own.namespace.clone()),
            labels: Some(
                labels
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
            ),
            ..ObjectMeta::default()
        },
        type_: Some("kubernetes.io/tls".to_owned()),
        data: Some(data(pair)),
        ..Secret::default()
    }
}

fn data(pair: &KeyPair) -> BTreeMap<String, ByteString> {
    [
        (CERTIFICATE, &pair.certificate),
        (KEY, &pair.key),
        (AUTHORITIES, &pair.authorities),
    ]
    .map(|(key, text)| (key.to_owned(), ByteString(text.clone().into_bytes())))
    .into()
}

fn pair(secret: &Secret) -> Option<KeyPair> {
    let text = |key: &str| {
        let bytes = &secret.data.as_ref()?.get(key)?.0;
        String::from_utf8(bytes.clone()).ok()
    };
    Some(KeyPair {
        certificate: text(CERTIFICATE)?,
        key: text(KEY)?,
        authorities: text(AUTHORITIES)?,
    })
}

/// The new authority first, and of the old ones only the newest: bundles must not grow for ever.
fn bundle(new: &str, old: &str) -> String {
    const END: &str = "-----END CERTIFICATE-----\n";
    let newest = old.split_inclusive(END).next().unwrap_or_default();
    format!("{new}{newest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_holds_two_authorities_at_most() {
        let one = |name: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n")
        };
        let second = bundle(&one("b"), &one("a"));
        assert_eq!(second, one("b") + &one("a"));
        assert_eq!(bundle(&one("c"), &second), one("c") + &one("b"));
    }
}
