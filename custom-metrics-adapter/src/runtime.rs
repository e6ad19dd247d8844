//! The composition root: the only place that knows every edge.

mod certificate;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::RuleSet;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::args::{Args, AuthArgs};
use crate::cluster::access::Reviews;
use crate::cluster::client::Clients;
use crate::cluster::kinds::Kinds;
use crate::cluster::lists::Lists;
use crate::cluster::objects::ClusterObjects;
use crate::cluster::requestheader;
use crate::engine::OnDemand;
use crate::failure::Misconfigured;
use crate::http::Api;
use crate::http::auth::OpenPaths;
use crate::metrics::Metrics;
use crate::overrides::Overrides;
use crate::own_ca::OwnCa;
use crate::policies;
use crate::prometheus::client::Client as Prometheus;
use crate::readiness::Readiness;
use crate::relist::Relist;
use crate::rules;
use crate::server::Server;
use crate::shutdown::{self, Stopped, Stops};
use crate::store::Store;
use crate::tls::Tls;
use crate::tls::serving_cert::ServingCert;
use crate::trust::RequestHeader;

/// How often things are looked at that nobody tells us about.
#[derive(Debug, Clone, Copy)]
pub struct Intervals {
    /// Certificate files. kubelet takes about a minute to bring a Secret, so ten seconds add
    /// little.
    pub files: Duration,
    /// Our Secret and our APIServices. A manifest applied again must not break us for long.
    pub own_ca: Duration,
}

impl Default for Intervals {
    fn default() -> Self {
        Self {
            files: Duration::from_secs(10),
            own_ca: Duration::from_secs(30),
        }
    }
}

/// Probes and scrapes in flight when everything else has ended.
const ADMIN_DRAIN: Duration = Duration::from_secs(1);

/// Background work that must never end by itself.
type Background = JoinSet<anyhow::Result<Infallible>>;

/// Builds a runtime and runs until a signal.
///
/// # Errors
/// Whatever keeps the adapter from serving.
pub fn block_on(args: Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the async runtime")?;
    runtime.block_on(async {
        let (stops, forward) = shutdown::signals().context("install signal handlers")?;
        let adapter = Adapter::bind(args).await?;
        tokio::select! {
            result = adapter.run(stops) => result,
            () = forward => anyhow::bail!("signals are no longer received"),
        }
    })
}

/// An adapter with its ports open, not yet serving.
pub struct Adapter {
    /// May be changed before [`Adapter::run`].
    pub intervals: Intervals,
    args: Args,
    api: TcpListener,
    admin: TcpListener,
    kubernetes: Clients,
    rules: RuleSet,
    prometheus: Arc<Prometheus>,
    store: Arc<Store>,
    readiness: Readiness,
    metrics: Arc<Metrics>,
}

impl Adapter {
    /// Opens the ports and reads the rules: everything that can be wrong with the command line
    /// is found out here.
    ///
    /// # Errors
    /// Names the flag, file or address that is unusable.
    pub async fn bind(args: Args) -> anyhow::Result<Self> {
        // A second adapter in one process (tests) finds the provider installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        for warning in &args.ignored.warnings {
            tracing::warn!("{warning}");
        }
        let rules = rules::load(&args.rules.config).context(Misconfigured)?;
        let checked = args.rules.check(!rules.rules.is_empty());
        checked.context(Misconfigured)?;
        if let Some(file) = &args.rules.policies {
            policies::load(file, &rules).context(Misconfigured)?;
        }
        let metrics = Arc::new(Metrics::new());
        let (url, access) = (&args.prometheus.prometheus_url, &args.prometheus.access);
        let prometheus = Prometheus::new(url, access, Arc::clone(&metrics)).await;
        let prometheus = Arc::new(prometheus.context(Misconfigured)?);
        let api = bind((args.serving.bind_address, args.serving.secure_port).into()).await?;
        let admin = bind(args.serving.admin_address).await?;
        let kubernetes = Clients::connect(
            args.cluster.lister_kubeconfig.as_deref(),
            args.auth.authentication_kubeconfig.as_deref(),
            args.auth.authorization_kubeconfig.as_deref(),
        );
        let kubernetes = kubernetes.await.context(Misconfigured)?;
        let port = api.local_addr()?.port();
        let store = Arc::new(Store::new(rules.clone(), ResourceMap::builtin(), port)?);
        Ok(Self {
            intervals: Intervals::default(),
            args,
            api,
            admin,
            kubernetes,
            rules,
            prometheus,
            store,
            readiness: Readiness::default(),
            metrics,
        })
    }

    /// Where the API listens.
    ///
    /// # Errors
    /// When the socket has no address.
    pub fn api_address(&self) -> std::io::Result<SocketAddr> {
        self.api.local_addr()
    }

    /// Where probes and metrics are.
    ///
    /// # Errors
    /// When the socket has no address.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin.local_addr()
    }

    /// Serves until a signal, then drains.
    ///
    /// # Errors
    /// When a part that must not end ends, a second signal arrives, or the drain takes too long.
    pub async fn run(self, mut stops: Stops) -> anyhow::Result<()> {
        let (stop, admin_stop) = (CancellationToken::new(), CancellationToken::new());
        let mut background = Background::new();
        let certificate = Arc::new(ServingCert::new(
            self.readiness.gate("serving-certificate"),
            Arc::clone(&self.metrics),
        ));
        let tls = Arc::new(Tls::new(Arc::clone(&certificate) as _, self.offer())?);
        self.certificate(&mut background, certificate);
        self.trust(&mut background, &tls);
        let api = self.api(&mut background, &tls);
        let admin = Admin {
            readiness: self.readiness.clone(),
            metrics: Arc::clone(&self.metrics),
        };
        let mut admin = tokio::spawn(admin.serve(self.admin, admin_stop.clone()));
        let server = Server {
            listener: self.api,
            tls: tls.configs(),
            max_connections: self.args.serving.max_connections,
            stop: stop.clone(),
            metrics: Arc::clone(&self.metrics),
        };
        let mut server = tokio::spawn(server.serve(move |peer, request| {
            let api = Arc::clone(&api);
            async move { api.handle(&peer, request).await }
        }));
        let life = &self.args.life;
        let stopped = tokio::select! {
            stopped = shutdown::on_first_signal(&mut stops, &self.readiness, life.shutdown_grace, &stop) => stopped,
            end = &mut server => return Err(ended("the API listener", end)),
            end = &mut admin => return Err(ended("the admin listener", end)),
            Some(end) = background.join_next() => return Err(failed(end)),
        };
        anyhow::ensure!(
            stopped == Stopped::Drain,
            "a second signal ended the grace period"
        );
        tokio::select! {
            drained = tokio::time::timeout(life.drain_timeout, server) => {
                drained.context("requests in flight did not finish in time")??;
            }
            Some(name) = stops.recv() => anyhow::bail!("{name} ended the drain"),
        }
        admin_stop.cancel();
        // A scraper that keeps its connection open does not hold us.
        let _ = tokio::time::timeout(ADMIN_DRAIN, admin).await;
        tracing::info!("stopped: nothing in flight");
        Ok(())
    }

    /// The authority of our own that `--tls self` keeps in a Secret.
    fn own_ca(&self) -> OwnCa {
        OwnCa {
            client: self.kubernetes.lister.clone(),
            namespace: self.args.cluster.namespace.clone(),
            secret: self.args.cluster.serving_secret.clone(),
            service: self.args.cluster.service_name.clone(),
            interval: self.intervals.own_ca,
        }
    }

    /// The front proxy's authority, as kube-apiserver publishes it or as flags say.
    fn trust(&self, background: &mut Background, tls: &Arc<Tls>) {
        let auth = &self.args.auth;
        let source = match &auth.requestheader_client_ca_file {
            Some(file) => requestheader::Source::Flags {
                file: file.clone(),
                header: request_header(auth),
                interval: self.intervals.files,
            },
            None if auth.authentication_skip_lookup => requestheader::Source::Nowhere,
            None => requestheader::Source::Lookup {
                tolerant: auth.authentication_tolerate_lookup_failure,
            },
        };
        let gate = self.readiness.gate("request-header-authority");
        let (client, tls) = (self.kubernetes.authentication.clone(), Arc::clone(tls));
        let publish = move |trust| tls.set_trust(trust);
        background.spawn(requestheader::run(client, source, gate, publish));
    }

    /// The kinds of the cluster, into the store.
    fn kinds(&self, background: &mut Background) {
        let kinds = Kinds::new(
            self.kubernetes.lister.clone(),
            self.args.cluster.discovery_interval(),
            Arc::clone(&self.metrics),
        );
        let overrides = Overrides::new(self.rules.clone(), Arc::clone(&self.metrics));
        let store = Arc::clone(&self.store);
        let wanted = Arc::clone(&store.unknown_resource);
        background.spawn(async move {
            kinds
                .run(wanted, move |known| {
                    overrides.check(&known);
                    if let Err(error) = store.publish_resources(known) {
                        tracing::error!("serve the kinds of the cluster: {error}");
                    }
                })
                .await
        });
    }

    /// Rules, pods, Prometheus and access behind one API.
    fn api(&self, background: &mut Background, tls: &Tls) -> Arc<Api> {
        let lister = &self.kubernetes.lister;
        let budget = self.args.prometheus.answer_budget;
        let lists = Lists::new(lister.clone(), budget, self.args.cluster.client_burst);
        let objects = Arc::new(ClusterObjects::new(
            lister.clone(),
            lists,
            self.rules.resource_rules.is_some(),
            &self.readiness,
            &self.metrics,
        ));
        background.spawn(Arc::clone(&objects).run());
        self.kinds(background);
        let relist = Relist {
            store: Arc::clone(&self.store),
            backend: Arc::clone(&self.prometheus),
            interval: self.args.rules.metrics_relist_interval,
            max_age: self.args.rules.max_age(),
            metrics: Arc::clone(&self.metrics),
            gate: self.readiness.gate("prometheus"),
        };
        background.spawn(relist.run());
        self.readiness.gate("rules").open();
        let auth = &self.args.auth;
        let reviews = Reviews::new(
            self.kubernetes.authorization.clone(),
            auth.authorization_webhook_cache_authorized_ttl,
            auth.authorization_webhook_cache_unauthorized_ttl,
            Arc::clone(&self.metrics),
        );
        let engine = OnDemand::new(
            Arc::clone(&self.store),
            objects,
            Arc::clone(&self.prometheus) as _,
            self.args.prometheus.answer_budget,
            Arc::clone(&self.metrics),
        );
        Arc::new(Api {
            store: Arc::clone(&self.store),
            engine: Arc::new(engine),
            authorizer: Arc::new(reviews),
            open_paths: OpenPaths::new(&auth.authorization_always_allow_paths),
            trust: tls.trust(),
            readiness: self.readiness.clone(),
            metrics: Arc::clone(&self.metrics),
        })
    }
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Adapter")
            .field("args", &self.args)
            .finish_non_exhaustive()
    }
}

/// The front proxy as flags describe it, but for its authority.
fn request_header(auth: &AuthArgs) -> RequestHeader {
    let names = &auth.requestheader_allowed_names;
    RequestHeader {
        client_ca: String::new(),
        allowed_names: names
            .iter()
            .filter(|name| !name.is_empty())
            .cloned()
            .collect(),
        username_headers: auth.requestheader_username_headers.clone(),
        group_headers: auth.requestheader_group_headers.clone(),
        uid_headers: Vec::new(),
        extra_prefixes: auth.requestheader_extra_headers_prefix.clone(),
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on {address}"))
}

/// A listener ended although nobody asked it to.
fn ended<T: std::fmt::Debug>(what: &str, end: Result<T, tokio::task::JoinError>) -> anyhow::Error {
    match end {
        Ok(value) => anyhow::anyhow!("{what} ended: {value:?}"),
        Err(error) => anyhow::Error::new(error).context(format!("{what} ended")),
    }
}

/// Background work ended, which it never does by itself.
fn failed(end: Result<anyhow::Result<Infallible>, tokio::task::JoinError>) -> anyhow::Error {
    match end {
        Ok(Ok(never)) => match never {},
        Ok(Err(error)) => error,
        Err(error) => anyhow::Error::new(error).context("a background task ended"),
    }
}
