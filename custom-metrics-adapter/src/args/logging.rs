//! What is logged, and how.

use clap::ValueEnum;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Logging")]
pub struct LogArgs {
    /// Verbosity: 0-3 info, 4-5 debug, 6 and more trace
    #[arg(
        short = 'v',
        long = "v",
        value_name = "LEVEL",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub verbosity: i32,

    /// Form of log lines
    #[arg(long, value_enum, default_value_t = LogFormat::Auto,
        env = "CM_ADAPTER_LOG_FORMAT", hide_env_values = true)]
    pub log_format: LogFormat,
}

impl Default for LogArgs {
    fn default() -> Self {
        Self {
            verbosity: 0,
            log_format: LogFormat::Auto,
        }
    }
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Plain on a terminal, JSON elsewhere
    Auto,
    Json,
    Plain,
}
