//! Flags of prometheus-adapter that have no meaning here. They are accepted, so that its command lines
//! work as they are, and each that was used is named once with what to do instead.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::values::boolean;

/// Flags without effect that the command line used, with their advice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredFlags {
    /// One line per advice.
    pub warnings: Vec<String>,
}

/// Flags that are ignored for one and the same reason.
struct Family {
    instead: &'static str,
    booleans: &'static [&'static str],
    values: &'static [&'static str],
}

const FAMILIES: [Family; 8] = [
    Family {
        instead: "no audit log is written; the one of kube-apiserver holds every read of a metric",
        booleans: &[
            "audit-log-batch-throttle-enable",
            "audit-log-compress",
            "audit-log-truncate-enabled",
            "audit-webhook-batch-throttle-enable",
            "audit-webhook-truncate-enabled",
        ],
        values: &[
            "audit-log-batch-buffer-size",
            "audit-log-batch-max-size",
            "audit-log-batch-max-wait",
            "audit-log-batch-throttle-burst",
            "audit-log-batch-throttle-qps",
            "audit-log-format",
            "audit-log-maxage",
            "audit-log-maxbackup",
            "audit-log-maxsize",
            "audit-log-mode",
            "audit-log-path",
            "audit-log-truncate-max-batch-size",
            "audit-log-truncate-max-event-size",
            "audit-log-version",
            "audit-policy-file",
            "audit-webhook-batch-buffer-size",
            "audit-webhook-batch-max-size",
            "audit-webhook-batch-max-wait",
            "audit-webhook-batch-throttle-burst",
            "audit-webhook-batch-throttle-qps",
            "audit-webhook-config-file",
            "audit-webhook-initial-backoff",
            "audit-webhook-mode",
            "audit-webhook-truncate-max-batch-size",
            "audit-webhook-truncate-max-event-size",
            "audit-webhook-version",
        ],
    },
    Family {
        instead: "there are no profiles to fetch; /metrics of --admin-address tells what is slow",
        booleans: &["contention-profiling", "profiling"],
        values: &["debug-socket-path"],
    },
    Family {
        instead: "--max-connections bounds the load",
        booleans: &["enable-priority-and-fairness"],
        values: &[],
    },
    Family {
        instead: "a connection carries 100 streams, Go's own default",
        booleans: &[],
        values: &["http2-max-streams-per-connection"],
    },
    Family {
        instead: "lists of objects do not wait for their turn; --client-burst bounds those at once",
        booleans: &[],
        values: &["client-qps"],
    },
    Family {
        instead: "one adapter listens on an address; run more replicas instead",
        booleans: &["permit-address-sharing", "permit-port-sharing"],
        values: &[],
    },
    Family {
        instead: "one certificate serves every name; put all names into that of --tls-cert-file",
        booleans: &[],
        values: &["tls-sni-cert-key"],
    },
    Family {
        instead: "--v sets the level of every line, and each is written at once",
        booleans: &[],
        values: &["log-flush-frequency", "vmodule"],
    },
];

impl clap::Args for IgnoredFlags {
    fn augment_args(command: Command) -> Command {
        let flag = |name: &'static str| {
            // Repeated or not, nothing is done with it.
            Arg::new(name)
                .long(name)
                .hide(true)
                .action(ArgAction::Append)
        };
        FAMILIES.iter().fold(command, |command, family| {
            let booleans = family.booleans.iter().map(|name| {
                flag(name)
                    .value_parser(boolean)
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true")
            });
            let values = family
                .values
                .iter()
                .map(|name| flag(name).allow_hyphen_values(true));
            command.args(booleans.chain(values))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for IgnoredFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let used = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        // Switched off is what they are here.
        let on = |name: &str| {
            let last = matches.get_many::<bool>(name).and_then(Iterator::last);
            last.copied().unwrap_or_default()
        };
        let mut warnings = vec![];
        for Family {
            instead,
            booleans,
            values,
        } in &FAMILIES
        {
            let booleans = booleans.iter().filter(|name| on(name));
            let values = values.iter().filter(|name| used(name));
            let names: Vec<_> = booleans
                .chain(values)
                .map(|name| format!("--{name}"))
                .collect();
            if !names.is_empty() {
                warnings.push(format!("{} without effect: {instead}", names.join(", ")));
            }
        }
        Ok(Self { warnings })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
