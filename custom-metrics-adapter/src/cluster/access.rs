//! Access decisions by SubjectAccessReview, remembered for a while.
//!
//! The wide question comes first: who may read the whole group everywhere, as the HPA controller
//! may, costs one review per five minutes instead of one per metric and read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use custom_metrics_core::access::AccessAttributes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::time::Instant;

use crate::flights::Flights;
use crate::metrics::Metrics;
use crate::ports::{Access, Authorize, Decision, Unavailable, User};

/// Long enough for a busy kube-apiserver, short enough not to hold HPA workers.
const REVIEW_TIMEOUT: Duration = Duration::from_secs(5);
/// Decisions remembered; as many as Go's API servers keep.
const MOST_DECISIONS: usize = 8192;

/// A review as JSON: who asks and for what, in one comparable text.
type Question = String;
type Verdict = Result<Decision, Unavailable>;

/// Asks kube-apiserver and remembers.
pub struct Reviews {
    client: Client,
    /// How long an allowed access is remembered.
    allowed_for: Duration,
    /// How long a denied access is remembered.
    denied_for: Duration,
    remembered: Mutex<HashMap<Question, (Decision, Instant)>>,
    flights: Flights<Question, Verdict>,
    metrics: Arc<Metrics>,
}

impl Reviews {
    pub fn new(
        client: Client,
        allowed_for: Duration,
        denied_for: Duration,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            client,
            allowed_for,
            denied_for,
            remembered: Mutex::default(),
            flights: Flights::default(),
            metrics,
        }
    }

    async fn decide(&self, user: &User, access: &Access) -> Verdict {
        if let Access::Resource(narrow) = access {
            let wide = Access::Resource(wide(narrow));
            if self.ask(spec(user, &wide)).await? == Decision::Allowed {
                return Ok(Decision::Allowed);
            }
        }
        self.ask(spec(user, access)).await
    }

    /// From memory, or by one review however many ask at once.
    async fn ask(&self, spec: SubjectAccessReviewSpec) -> Verdict {
        let question =
            serde_json::to_string(&spec).map_err(|error| Unavailable(error.to_string()))?;
        if let Some(decision) = self.recall(&question) {
            return Ok(decision);
        }
        let (client, metrics) = (self.client.clone(), Arc::clone(&self.metrics));
        let verdict = self
            .flights
            .join(question.clone(), move || review(client, spec, metrics))
            .await;
        if let Ok(decision) = &verdict {
            self.remember(question, decision.clone());
        }
        verdict
    }

    fn recall(&self, question: &str) -> Option<Decision> {
        let remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (decision, until) = remembered.get(question)?;
        (Instant::now() < *until).then(|| decision.clone())
    }

    fn remember(&self, question: Question, decision: Decision) {
        let now = Instant::now();
        let lasts = match decision {
            Decision::Allowed => self.allowed_for,
            Decision::Denied { .. } => self.denied_for,
        };
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_DECISIONS {
            remembered.retain(|_, (_, until)| now < *until);
        }
        if remembered.len() >= MOST_DECISIONS {
            // Every entry is still good: start over rather than grow.
            remembered.clear();
        }
        remembered.insert(question, (decision, now + lasts));
    }
}

impl Authorize for Reviews {
    fn authorize<'a>(&'a self, user: &'a User, access: &'a Access) -> BoxFuture<'a, Verdict> {
        self.decide(user, access).boxed()
    }
}

/// The same verb on every resource of the group in every namespace. RBAC grants it to rules with
/// resource `*` bound in the whole cluster and to nobody else.
fn wide(narrow: &AccessAttributes) -> AccessAttributes {
    AccessAttributes {
        namespace: None,
        verb: narrow.verb,
        group: narrow.group,
        version: "*",
        resource: "*".to_owned(),
        subresource: None,
        name: None,
    }
}

async fn review(client: Client, spec: SubjectAccessReviewSpec, metrics: Arc<Metrics>) -> Verdict {
    let api: Api<SubjectAccessReview> = Api::all(client);
    let review = SubjectAccessReview {
        spec,
        ..SubjectAccessReview::default()
    };
    let parameters = PostParams::default();
    let call = api.create(&parameters, &review);
    let verdict = match tokio::time::timeout(REVIEW_TIMEOUT, call).await {
        Err(_) => Err(Unavailable(format!(
            "kube-apiserver did not review the access within {} s",
            REVIEW_TIMEOUT.as_secs()
        ))),
        Ok(Err(error)) => Err(Unavailable(format!("cannot review the access: {error}"))),
        Ok(Ok(reviewed)) => {
            let status = reviewed.status.unwrap_or_default();
            if status.allowed {
                Ok(Decision::Allowed)
            } else {
                let why = status.reason.unwrap_or_default();
                Ok(Decision::Denied { why })
            }
        }
    };
    let outcome = match &verdict {
        Ok(Decision::Allowed) => "allowed",
        Ok(Decision::Denied { .. }) => "denied",
        Err(_) => "error",
    };
    metrics.access_reviews.with_label_values(&[outcome]).inc();
    verdict
}

fn spec(user: &User, access: &Access) -> SubjectAccessReviewSpec {
    let mut spec = SubjectAccessReviewSpec {
        user: Some(user.name.clone()),
        uid: Some(user.uid.clone()).filter(|uid| !uid.is_empty()),
        groups: Some(user.groups.clone()),
        extra: Some(user.extra.clone()).filter(|extra| !BTreeMap::is_empty(extra)),
        ..SubjectAccessReviewSpec::default()
    };
    match access {
        Access::Path(path) => {
            spec.non_resource_attributes = Some(NonResourceAttributes {
                path: Some(path.clone()),
                verb: Some("get".to_owned()),
            });
        }
        Access::Resource(access) => {
            spec.resource_attributes = Some(ResourceAttributes {
                namespace: access.namespace.clone(),
                verb: Some(access.verb.to_owned()),
                group: Some(access.group.to_owned()),
                version: Some(access.version.to_owned()),
                resource: Some(access.resource.clone()),
                subresource: access.subresource.clone(),
                name: access.name.clone(),
                ..ResourceAttributes::default()
            });
        }
    }
    spec
}

impl std::fmt::Debug for Reviews {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Reviews").finish_non_exhaustive()
    }
}
