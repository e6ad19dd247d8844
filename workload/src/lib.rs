//! The application that is scaled: it answers, it counts what it answers, and it burns CPU when told to.
//!
//! Requests pass two middlewares on their way to a handler of [`routes`]: the outer one counts
//! ([`metrics`]), the inner one says which pod answered ([`stamp`]). `/load` hands its work to
//! threads of its own ([`burner`]), so that no amount of it delays another answer.
//! [`runtime`] puts the parts together and [`shutdown`] takes them down without losing a request.

pub mod app;
pub mod args;
pub mod burner;
pub mod cgroup;
pub mod connection;
pub mod dice;
pub mod endpoint;
pub mod error;
pub mod governor;
pub mod inject;
pub mod memory;
pub mod metrics;
pub mod readiness;
pub mod routes;
pub mod runtime;
pub mod shutdown;
pub mod stamp;
pub mod telemetry;
pub mod work;

pub use runtime::run;
