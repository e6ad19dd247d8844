//! What can become of one request.
//!
//! Pure: classification only. The classes are a closed set, so that reports, schemas and
//! metrics have fixed keys whatever the target does.

use std::io;

use serde::Serialize;

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The host name has no address.
    Dns,
    /// Nothing listens at the address.
    Refused,
    /// No connection for another reason, such as an unreachable network.
    Connect,
    /// TLS could not be agreed on, such as a certificate that nothing vouches for.
    Tls,
    /// The peer reset the connection.
    Reset,
    /// The connection ended before the whole response had arrived.
    Closed,
    /// No complete response within `--timeout`.
    Timeout,
    /// The answer is not HTTP, or a stream of HTTP/2 was reset.
    Protocol,
    /// This process ran out of ports, files, buffers or allowed connections: the generator's
    /// fault, not the target's.
    Local,
    /// A redirect. Redirects are not followed.
    Status3xx,
    Status4xx,
    Status5xx,
}

impl Failure {
    /// Every class, in the order of the variants.
    pub const ALL: [Self; 12] = [
        Self::Dns,
        Self::Refused,
        Self::Connect,
        Self::Tls,
        Self::Reset,
        Self::Closed,
        Self::Timeout,
        Self::Protocol,
        Self::Local,
        Self::Status3xx,
        Self::Status4xx,
        Self::Status5xx,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Local => "local",
            Self::Status3xx => "status_3xx",
            Self::Status4xx => "status_4xx",
            Self::Status5xx => "status_5xx",
        }
    }

    /// Position in [`Failure::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The class of a response status, `None` for success (2xx).
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            300..=399 => Some(Self::Status3xx),
            400..=499 => Some(Self::Status4xx),
            500..=599 => Some(Self::Status5xx),
            _ => Some(Self::Protocol),
        }
    }

    /// The class of an operating-system error, `other` where the error says nothing more.
    pub fn of_io(error: &io::Error, other: Self) -> Self {
        // ENFILE 23, EMFILE 24, ENOBUFS 105 (Linux) or 55 (BSD, macOS): std has no kind for them.
        if matches!(error.raw_os_error(), Some(23 | 24 | 55 | 105)) {
            return Self::Local;
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::UnexpectedEof => Self::Closed,
            io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::AddrInUse
            | io::ErrorKind::OutOfMemory => Self::Local,
            _ => other,
        }
    }

    /// Whether the time a failed request took says something about the target's speed: it
    /// answered with a status, or kept the client waiting to the end. Leaving timeouts out would
    /// make a stalled target look fast; taking refused connections in would too.
    pub fn has_latency(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Status3xx | Self::Status4xx | Self::Status5xx
        )
    }
}

/// A failed request: its class, and the words a person needs to find the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub class: Failure,
    pub detail: String,
}

impl Failed {
    pub fn new(class: Failure, detail: impl Into<String>) -> Self {
        Self {
            class,
            detail: detail.into(),
        }
    }
}

/// The end of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub result: Result<(), Failed>,
    /// The pod that says it answered (header `x-pod`), with success or without.
    pub pod: Option<String>,
}

impl From<Failed> for Reply {
    fn from(failed: Failed) -> Self {
        Self {
            result: Err(failed),
            pod: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_stands_at_its_own_index_with_its_own_name() {
        for (index, class) in Failure::ALL.into_iter().enumerate() {
            assert_eq!(class.index(), index, "{class:?}");
            let same_name = Failure::ALL
                .iter()
                .filter(|other| other.name() == class.name());
            assert_eq!(same_name.count(), 1, "{class:?}");
        }
    }

    #[test]
    fn only_2xx_is_success() {
        let failed: Vec<u16> = (0..1000)
            .filter(|status| Failure::of_status(*status).is_some())
            .collect();
        assert_eq!(failed.len(), 900);
        assert!(!failed.iter().any(|status| (200..300).contains(status)));
    }

    #[test]
    fn running_out_of_files_is_the_generators_own_fault() {
        let files = io::Error::from_raw_os_error(24);
        assert_eq!(Failure::of_io(&files, Failure::Connect), Failure::Local);
        let unreachable = io::Error::from(io::ErrorKind::NetworkUnreachable);
        assert_eq!(
            Failure::of_io(&unreachable, Failure::Connect),
            Failure::Connect
        );
    }
}
