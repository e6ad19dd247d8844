//! Which metrics exist and how they are computed.

use std::path::PathBuf;
use std::time::Duration;

use super::values::{duration, positive_duration};

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Rules file in prometheus-adapter's format
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// What goes beyond prometheus-adapter's format: a file of policies for its metrics
    #[arg(
        long,
        value_name = "FILE",
        env = "CM_ADAPTER_POLICIES",
        hide_env_values = true
    )]
    pub policies: Option<PathBuf>,

    /// How often the names of series and labels are read again from Prometheus
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = positive_duration)]
    pub metrics_relist_interval: Duration,

    /// How far back series are looked for [default: the relist interval]
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = duration)]
    pub metrics_max_age: Duration,
}

impl RuleArgs {
    /// How far back series are looked for.
    pub fn max_age(&self) -> Duration {
        if self.metrics_max_age.is_zero() {
            return self.metrics_relist_interval;
        }
        self.metrics_max_age
    }

    /// prometheus-adapter's own rule, which it has for `rules` only: between two looks no series may
    /// fall out of sight.
    ///
    /// # Errors
    /// Names both flags and their values.
    pub fn check(&self, has_rules: bool) -> anyhow::Result<()> {
        let (age, interval) = (self.max_age(), self.metrics_relist_interval);
        anyhow::ensure!(
            !has_rules || age >= interval,
            "max age must not be less than relist interval: --metrics-max-age is {}, --metrics-relist-interval is {}; leave out the former",
            humantime::format_duration(age),
            humantime::format_duration(interval)
        );
        Ok(())
    }
}
