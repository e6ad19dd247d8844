//! External metrics: what is offered, and samples → values.

mod answer;
mod registry;

pub use answer::{Answer, Value, answer};
pub use registry::{Registry, Target};

use crate::ids::GroupResource;

/// What prometheus-adapter calls the resource of an external metric in its errors.
fn namespaces() -> GroupResource {
    GroupResource::new("", "namespaces")
}
