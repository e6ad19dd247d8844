//! `Table` of `meta.k8s.io`: what `kubectl get` shows of resource metrics. It has no protobuf form.

use serde::Serialize;

use super::{
    Document, ListMeta, ObjectMeta, encode_text,
    meta::{Window, go_duration},
    usage::{NodeMetrics, PodMetrics},
};
use crate::{
    negotiate::{Format, MetaVersion, Rows},
    quantity::{Binary, Quantity},
    wire::Object,
};

/// A table.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table<T> {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMeta,
    /// `null` where there are no rows, as upstream.
    column_definitions: Option<[Column; 4]>,
    rows: Option<Vec<TableRow<T>>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Column {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    format: &'static str,
    description: &'static str,
    priority: i32,
}

#[derive(Clone, Debug, Serialize)]
struct TableRow<T> {
    cells: [String; 4],
    object: RowObject<T>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum RowObject<T> {
    None,
    Metadata(PartialObjectMetadata),
    Object(T),
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartialObjectMetadata {
    kind: &'static str,
    api_version: &'static str,
    metadata: ObjectMeta,
}

/// A row to be.
pub(super) struct Row<T> {
    pub cells: Cells,
    pub object: T,
}

pub(super) struct Cells {
    pub name: String,
    pub cpu: Quantity,
    pub memory: Quantity,
    pub window: Window,
}

/// What has metadata of its own.
pub(super) trait HasMetadata {
    fn metadata(&self) -> &ObjectMeta;
}

impl HasMetadata for Object<PodMetrics> {
    fn metadata(&self) -> &ObjectMeta {
        &self.body.metadata
    }
}

impl HasMetadata for Object<NodeMetrics> {
    fn metadata(&self) -> &ObjectMeta {
        &self.body.metadata
    }
}

impl<T: HasMetadata> Table<T> {
    pub(super) fn new(
        version: MetaVersion,
        include: Rows,
        rows: impl Iterator<Item = Row<T>>,
    ) -> Self {
        let api_version = match version {
            MetaVersion::V1 => "meta.k8s.io/v1",
            MetaVersion::V1Beta1 => "meta.k8s.io/v1beta1",
        };
        let rows: Vec<_> = rows
            .map(|Row { cells, object }| TableRow {
                cells: cells.texts(),
                object: match include {
                    Rows::None => RowObject::None,
                    Rows::Metadata => RowObject::Metadata(PartialObjectMetadata {
                        kind: "PartialObjectMetadata",
                        api_version,
                        metadata: object.metadata().clone(),
                    }),
                    Rows::Object => RowObject::Object(object),
                },
            })
            .collect();
        let some = !rows.is_empty();
        Self {
            kind: "Table",
            api_version,
            metadata: ListMeta::default(),
            column_definitions: some.then(columns),
            rows: some.then_some(rows),
        }
    }
}

impl<T: Serialize> Document for Table<T> {
    fn encode(&self, format: Format) -> serde_json::Result<Vec<u8>> {
        encode_text(self, format)
    }
}

impl Cells {
    fn texts(self) -> [String; 4] {
        [
            self.name,
            self.cpu.to_string(),
            Binary(self.memory).to_string(),
            go_duration(self.window.nanoseconds.unsigned_abs()),
        ]
    }
}

fn columns() -> [Column; 4] {
    let column = |name, format, description| Column {
        name,
        kind: "string",
        format,
        description,
        priority: 0,
    };
    [
        column("Name", "name", "Name of the resource"),
        column("cpu", "quantity", ""),
        column("memory", "quantity", ""),
        column("Window", "duration", ""),
    ]
}
