//! Who may read.

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction;

use super::values::{boolean, duration, not_blank};

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Identity and access")]
pub struct AuthArgs {
    /// Kubeconfig for reading how identities prove themselves [default: the pod's service account, or
    /// else --lister-kubeconfig]
    #[arg(long, value_name = "FILE")]
    pub authentication_kubeconfig: Option<PathBuf>,

    /// Do not read ConfigMap kube-system/extension-apiserver-authentication
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, value_parser = boolean, num_args = 0..=1,
        require_equals = true, default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub authentication_skip_lookup: bool,

    /// Become ready also while that ConfigMap cannot be read
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, value_parser = boolean, num_args = 0..=1,
        require_equals = true, default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub authentication_tolerate_lookup_failure: bool,

    /// How long a reviewed bearer token is remembered
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub authentication_token_webhook_cache_ttl: Duration,

    /// Kubeconfig for access reviews [default: the pod's service account, or else --lister-kubeconfig]
    #[arg(long, value_name = "FILE")]
    pub authorization_kubeconfig: Option<PathBuf>,

    /// Paths that anybody may read; a trailing * stands for everything below
    #[arg(
        long,
        value_name = "PATH,...",
        value_delimiter = ',',
        default_value = "/healthz,/readyz,/livez"
    )]
    pub authorization_always_allow_paths: Vec<String>,

    /// How long an allowed access review is remembered
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub authorization_webhook_cache_authorized_ttl: Duration,

    /// How long a denied access review is remembered
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub authorization_webhook_cache_unauthorized_ttl: Duration,

    /// Authorities of users' client certificates, PEM [default: the ConfigMap's]
    #[arg(long, value_name = "FILE")]
    pub client_ca_file: Option<PathBuf>,

    /// Authorities of front proxies, PEM; the four flags below count only together with it [default:
    /// the ConfigMap's]
    #[arg(long, value_name = "FILE")]
    pub requestheader_client_ca_file: Option<PathBuf>,

    /// Common names a front proxy may have [default: any]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub requestheader_allowed_names: Vec<String>,

    /// Headers that hold the user's name
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "x-remote-user", value_parser = not_blank)]
    pub requestheader_username_headers: Vec<String>,

    /// Headers that hold the user's groups
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "x-remote-group", value_parser = not_blank)]
    pub requestheader_group_headers: Vec<String>,

    /// Prefixes of headers that hold more about the user
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "x-remote-extra-", value_parser = not_blank)]
    pub requestheader_extra_headers_prefix: Vec<String>,
}
