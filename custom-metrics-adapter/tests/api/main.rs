//! The adapter as kube-apiserver, Prometheus and people meet it: real sockets, real TLS, a
//! scripted Prometheus and a fake kube-apiserver.
#![expect(clippy::unwrap_used, reason = "test harness")]
#![expect(clippy::panic, reason = "test harness")]

mod auth;
mod check;
mod client;
mod cluster;
mod command_line;
mod discovery;
mod exit;
mod external;
mod faults;
mod harness;
mod hpas;
mod kinds;
mod lists;
mod own_ca;
mod paths;
mod pki;
mod reload;
mod replies;
mod requestheader;
mod shadow;
mod shutdown;
mod usage;
mod values;
mod watches;
