//! Reads of cpu and memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use custom_metrics_core::Reason;
use custom_metrics_core::api::Group;
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::path::{FieldSelector, ResourceMetric, UsageOf};
use custom_metrics_core::promql::{self, Query, QueryError};
use custom_metrics_core::resources::ResourceMap;
use custom_metrics_core::rule::{ResourceRules, UsageRule};
use custom_metrics_core::sample::Evaluation;
use custom_metrics_core::usage::{self, NoUsage, NodeUsage, PodUsage, Samples};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::engine::{Evaluated, OnDemand, Patience, late};
use crate::ports::{LabelledObject, Usage, Which};

/// Namespaces that are asked about at one time, with two queries each: enough to hide round trips, few
/// enough not to be a burst on Prometheus.
const CONCURRENT_NAMESPACES: usize = 4;

/// What both queries about the same objects gave.
struct Both {
    cpu: Part,
    memory: Part,
}

struct Part {
    evaluation: Arc<Evaluation>,
    object_label: String,
}

impl OnDemand {
    pub(super) async fn read_usage(
        &self,
        request: &ResourceMetric,
        fields: &FieldSelector,
        patience: Patience,
    ) -> Result<Usage, Reason> {
        let rules = self.store.rules.resource_rules.as_ref();
        let rules = rules.ok_or(Reason::UnknownPath)?;
        let which = match &request.name {
            Some(name) => Which::Named(name),
            None => Which::Matching(&request.label_selector),
        };
        let mut objects = match &request.kind {
            UsageOf::Nodes => patience.list(self.objects.nodes(which)).await?,
            UsageOf::Pods(namespace) => {
                let pods = self.objects.running_pods(namespace.as_ref(), which);
                patience.list(pods).await?
            }
        };
        if let (Some(name), true) = (&request.name, objects.is_empty()) {
            return Err(unknown(&request.kind, name));
        }
        objects.retain(|object| {
            let namespace = object.namespace.as_ref().map_or("", Namespace::as_str);
            fields.matches(object.name.as_str(), namespace)
        });
        let one = request.name.is_some();
        match request.kind {
            UsageOf::Nodes => {
                let nodes = self.nodes(rules, objects, patience).await?;
                known("nodemetrics", nodes, one).map(Usage::Nodes)
            }
            UsageOf::Pods(_) => {
                let pods = self.pods(rules, objects, patience).await?;
                known("podmetrics", pods, one).map(Usage::Pods)
            }
        }
    }

    async fn nodes(
        &self,
        rules: &ResourceRules,
        objects: Vec<LabelledObject>,
        patience: Patience,
    ) -> Result<Vec<Known<NodeUsage>>, Reason> {
        if objects.is_empty() {
            return Ok(vec![]);
        }
        let names = names(&objects);
        let query =
            |rule: &UsageRule, resources: &ResourceMap| promql::node_query(rule, &names, resources);
        let both = self.both(rules, "", query, patience).await?;
        let cpu = both.cpu.samples("")?;
        let memory = both.memory.samples("")?;
        let node = |object: LabelledObject| {
            let name = object.name.to_string();
            (name, usage::node(object, &cpu, &memory, rules.window))
        };
        Ok(objects.into_iter().map(node).collect())
    }

    /// One pair of queries per namespace.
    async fn pods(
        &self,
        rules: &ResourceRules,
        objects: Vec<LabelledObject>,
        patience: Patience,
    ) -> Result<Vec<Known<PodUsage>>, Reason> {
        let mut by_namespace: BTreeMap<Namespace, Vec<LabelledObject>> = BTreeMap::new();
        for mut object in objects {
            if let Some(namespace) = object.namespace.take() {
                by_namespace.entry(namespace).or_default().push(object);
            }
        }
        let pods = stream::iter(by_namespace)
            .map(|(namespace, objects)| self.pods_of(rules, namespace, objects, patience))
            .buffered(CONCURRENT_NAMESPACES);
        let pods: Vec<Vec<_>> = pods.try_collect().await?;
        Ok(pods.into_iter().flatten().collect())
    }

    async fn pods_of(
        &self,
        rules: &ResourceRules,
        namespace: Namespace,
        objects: Vec<LabelledObject>,
        patience: Patience,
    ) -> Result<Vec<Known<PodUsage>>, Reason> {
        let names = names(&objects);
        let query = |rule: &UsageRule, resources: &ResourceMap| {
            promql::container_query(rule, &namespace, &names, resources)
        };
        let both = self
            .both(rules, namespace.as_str(), query, patience)
            .await?;
        let cpu = both.cpu.samples(&rules.cpu.container_label)?;
        let memory = both.memory.samples(&rules.memory.container_label)?;
        let pod = |object: LabelledObject| {
            let name = format!("{namespace}/{}", object.name);
            let usage = usage::pod(object, namespace.clone(), &cpu, &memory, rules.window);
            (name, usage)
        };
        Ok(objects.into_iter().map(pod).collect())
    }

    /// Upstream tells a client nothing of a failure here, and shows an empty list.
    async fn both(
        &self,
        rules: &ResourceRules,
        namespace: &str,
        query: impl Fn(&UsageRule, &ResourceMap) -> Result<Query, QueryError>,
        patience: Patience,
    ) -> Result<Both, Reason> {
        let resources = Arc::clone(&self.store.snapshot().resources);
        let build = |rule, name| {
            query(rule, &resources).map_err(|error| Reason::Backend {
                why: format!("resourceRules.{name}: {error}"),
            })
        };
        let (cpu, memory) = (build(&rules.cpu, "cpu")?, build(&rules.memory, "memory")?);
        let ask = async |name: &str, query: Query| {
            let evaluated = self.evaluate(query.text, patience).await;
            let rule = format!("resourceRules.{name}");
            self.failures.note(&rule, namespace, &evaluated);
            part(evaluated, query.object_label)
        };
        let (cpu, memory) = tokio::join!(ask("cpu", cpu), ask("memory", memory));
        Ok(Both {
            cpu: cpu?,
            memory: memory?,
        })
    }
}

fn part(evaluated: Evaluated, object_label: String) -> Result<Part, Reason> {
    let evaluation = late(evaluated)?.map_err(|failure| Reason::Backend {
        why: failure.to_string(),
    })?;
    Ok(Part {
        evaluation,
        object_label,
    })
}

impl Part {
    fn samples<'a>(&'a self, container_label: &'a str) -> Result<Samples<'a>, Reason> {
        let samples = self.evaluation.vector().map_err(|error| Reason::Backend {
            why: error.to_string(),
        })?;
        Ok(Samples::new(samples, &self.object_label, container_label))
    }
}

/// The name of an object as errors show it, and its usage.
type Known<T> = (String, Result<T, NoUsage>);

/// What is known of a list, or all there is to know of the one object that was asked for.
fn known<T>(kind: &'static str, usages: Vec<Known<T>>, one: bool) -> Result<Vec<T>, Reason> {
    let mut known = Vec::with_capacity(usages.len());
    for (name, usage) in usages {
        match usage {
            Ok(usage) => known.push(usage),
            Err(why) if one => {
                return Err(Reason::NoObject {
                    kind,
                    group: Some(Group::Resource),
                    name,
                    why: why.to_string(),
                });
            }
            Err(why) => tracing::debug!(kind, name, "leave out {kind} of `{name}`: {why}"),
        }
    }
    Ok(known)
}

fn unknown(kind: &UsageOf, name: &ObjectName) -> Reason {
    let (kind, why) = match kind {
        UsageOf::Nodes => ("node", "the cluster has no such node"),
        UsageOf::Pods(_) => ("pods", "no such pod runs in this namespace"),
    };
    Reason::NoObject {
        kind,
        group: None,
        name: name.to_string(),
        why: why.to_owned(),
    }
}

fn names(objects: &[LabelledObject]) -> Vec<ObjectName> {
    objects.iter().map(|object| object.name.clone()).collect()
}
