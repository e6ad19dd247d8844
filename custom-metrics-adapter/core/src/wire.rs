//! The JSON of the API. Fields stand in the order of the contract, which is that of the
//! Go types; snapshots compare whole bodies.

mod discovery;
mod status;
mod values;

pub use discovery::{
    ApiGroup, ApiGroupDiscoveryList, ApiGroupList, ApiResourceList, aggregated_discovery, group,
    group_list, resource_list,
};
pub use status::Status;
pub use values::{MetricValueList, metric_values};

use serde::Serialize;

/// An empty object: `metadata` of lists and of Status.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Empty {}
