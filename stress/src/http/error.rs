//! hyper's errors in the words of the report.

use std::{error::Error, io};

use crate::outcome::{Failed, Failure};

pub(super) fn classify(error: &hyper::Error) -> Failed {
    let class = if let Some(io) = io_cause(error) {
        Failure::of_io(io, Failure::Closed)
    } else if is_gone(error) || error.is_incomplete_message() {
        Failure::Closed
    } else {
        Failure::Protocol
    };
    let detail = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Failed::new(class, detail)
}

/// Whether all that is known is that the connection went away.
pub(super) fn is_gone(error: &hyper::Error) -> bool {
    error.is_closed() || error.is_canceled()
}

fn io_cause(error: &hyper::Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref() {
            return Some(io);
        }
        source = cause.source();
    }
    None
}
