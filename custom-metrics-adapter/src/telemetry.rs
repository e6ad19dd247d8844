//! The log subscriber: the only file that touches it.

use tracing_subscriber::filter::EnvFilter;

use crate::args::{LogArgs, LogFormat};

/// Logs to stderr, as JSON unless a person looks at it.
///
/// A second call in one process (tests) leaves the first subscriber in place.
pub fn init(args: &LogArgs, on_terminal: bool) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives(args.verbosity)))
        .with_writer(std::io::stderr);
    let plain = match args.log_format {
        LogFormat::Auto => on_terminal,
        LogFormat::Json => false,
        LogFormat::Plain => true,
    };
    let done = if plain {
        builder.with_ansi(on_terminal).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    if let Err(error) = done {
        tracing::debug!(%error, "keep the log subscriber already installed");
    }
}

/// klog's levels as filters. Libraries stay quiet until somebody asks for everything.
fn directives(verbosity: i32) -> &'static str {
    match verbosity {
        ..=3 => "warn,custom_metrics_adapter=info",
        4..=5 => "info,custom_metrics_adapter=debug",
        _ => "debug,custom_metrics_adapter=trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_a_valid_filter() {
        for level in [-1, 0, 4, 10] {
            EnvFilter::try_new(directives(level)).unwrap();
        }
    }
}
