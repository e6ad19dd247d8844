//! What Prometheus has for the rules now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use custom_metrics_core::external;
use custom_metrics_core::ids::{Namespace, ObjectName};
use custom_metrics_core::promql::{self, Subject};
use custom_metrics_core::registry::{Discovered, Registry};
use custom_metrics_core::resources::{Resource, ResourceMap};
use custom_metrics_core::rule::{Rule, Section};
use custom_metrics_core::selector::Selector;
use futures_util::{StreamExt as _, stream};

use super::input::{Rules, Written};
use super::{PATIENCE, SCRAPE_INTERVAL};
use crate::ports::Backend;

/// The adapter's own default: series that ended within it count as there.
const LOOKBACK: Duration = Duration::from_mins(10);
/// Enough to hide round trips, few enough not to be a burst on Prometheus.
pub(super) const CONCURRENT: usize = 4;
/// Samples are counted over this range to tell the scrape interval.
const COUNTED: Duration = Duration::from_mins(5);
/// Stands for any object. Two of them, because one alone would be compared for equality.
const ANYTHING: &str = ".+";

/// Asks Prometheus about rules, where there is one to ask.
pub(super) struct Probe<'a> {
    pub(super) rules: &'a Rules,
    pub(super) backend: Option<Arc<dyn Backend>>,
    pub(super) kinds: &'a ResourceMap,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Seen {
    /// Of rules that have none of their own.
    pub(super) interval: Duration,
    pub(super) registry: Registry,
    pub(super) external: external::Registry,
    known: BTreeMap<(bool, usize), Known>,
}

/// What was found for one rule.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) series: Discovered,
    pub(super) interval: Option<Duration>,
}

impl Seen {
    pub(super) fn of(&self, rule: &Rule) -> Option<&Known> {
        self.known
            .get(&(rule.section() == Section::ExternalRules, rule.index()))
    }
}

impl<'a> Probe<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        backend: Option<Arc<dyn Backend>>,
        kinds: &'a ResourceMap,
    ) -> Self {
        Self {
            rules,
            backend,
            kinds,
        }
    }

    pub(super) fn asks(&self) -> bool {
        self.backend.is_some()
    }

    /// Asks which series there are, and how often they come.
    pub(super) async fn look(&self, interval: Option<Duration>) -> anyhow::Result<Seen> {
        let mut known = BTreeMap::new();
        let mut usual = None;
        if let Some(backend) = &self.backend {
            backend
                .instant("vector(1)", PATIENCE)
                .await
                .map_err(|error| anyhow::anyhow!("--prometheus-url: {error}"))?;
            if interval.is_none() {
                usual = spacing(backend.as_ref(), "quantile(0.5, ", "up").await;
            }
            let rules = self.rules.custom.iter().chain(&self.rules.external);
            let asked =
                stream::iter(rules).map(|written| ask(backend.as_ref(), &written.rule, interval));
            known = asked.buffered(CONCURRENT).collect::<BTreeMap<_, _>>().await;
        }
        let discovered = |external: bool, list: &[Written]| -> Vec<Discovered> {
            let series = |written: &Written| match known.get(&(external, written.rule.index())) {
                Some(Known { series, .. }) => series.clone(),
                None => Err("Prometheus was not asked".to_owned()),
            };
            list.iter().map(series).collect()
        };
        let section = |list: &[Written]| -> Vec<Rule> {
            list.iter().map(|written| written.rule.clone()).collect()
        };
        let rules = section(&self.rules.custom);
        let registry = Registry::build(&rules, &discovered(false, &self.rules.custom), self.kinds);
        let rules = section(&self.rules.external);
        let discovered = discovered(true, &self.rules.external);
        let external = external::Registry::build(&rules, &discovered);
        Ok(Seen {
            interval: interval.or(usual).unwrap_or(SCRAPE_INTERVAL),
            registry,
            external,
            known,
        })
    }
}

/// Names that match every object.
pub(super) fn any_objects() -> Vec<ObjectName> {
    [ANYTHING, ANYTHING]
        .into_iter()
        .filter_map(|name| ObjectName::new(name).ok())
        .collect()
}

pub(super) fn about(
    rule: &Rule,
    series: &str,
    resource: &Resource,
    namespace: Option<&Namespace>,
    names: &[ObjectName],
    metric_selector: &Selector,
    kinds: &ResourceMap,
) -> Result<promql::Query, String> {
    let subject = Subject {
        series,
        resource,
        namespace,
        names,
        metric_selector,
    };
    promql::query(rule, &subject, kinds).map_err(|error| error.to_string())
}

type Numbered = ((bool, usize), Known);

async fn ask(backend: &dyn Backend, rule: &Rule, interval: Option<Duration>) -> Numbered {
    // As the adapter asks: overrides say all there is to know of a series with a literal name.
    let with_labels = rule.literal_series().is_none() || rule.labels().has_template();
    let series = backend
        .series(rule.series_query(), LOOKBACK, with_labels)
        .await
        .map_err(|error| error.to_string());
    let found = matches!(&series, Ok(series) if !series.is_empty());
    let interval = match (interval, rule.literal_series()) {
        (None, Some(_)) if found => spacing(backend, "max(", rule.series_query().trim()).await,
        (interval, _) => interval,
    };
    let key = (rule.section() == Section::ExternalRules, rule.index());
    (key, Known { series, interval })
}

/// From the number of samples in the counted range, of series that are older than it. Unknown where there
/// are none.
async fn spacing(backend: &dyn Backend, aggregation: &str, series: &str) -> Option<Duration> {
    /// What people configure; a lost scrape or an edge must not make 15.8 of 15.
    const USUAL: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 150.0];
    let query = format!("{aggregation}count_over_time({series}[5m]) and {series} offset 5m)");
    let samples = backend.instant(&query, PATIENCE).await.ok()?;
    let count = samples.first()?.value;
    if !(count.is_finite() && count >= 2.0) {
        return None;
    }
    let measured = COUNTED.as_secs_f64() / count;
    let usual = USUAL
        .into_iter()
        .find(|usual| (measured / usual - 1.0).abs() < 0.12);
    Some(Duration::from_secs_f64(usual.unwrap_or(measured)))
}
