//! `Table` of `meta.k8s.io`: what `kubectl get` shows of resource metrics. It has no protobuf form.

use serde::Serialize;

use super::{
    Document, ListMeta, Object, Window, encode_text,
    meta::go_duration,
    partial::PartialObjectMetadata,
    usage::{Usage, object},
};
use crate::{
    negotiate::{Format, MetaVersion, Rows},
    quantity::{Binary, Quantity},
};

/// A table.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table<T> {
    kind: &'static str,
    api_version: String,
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
    Metadata(Object<PartialObjectMetadata>),
    Object(Object<T>),
}

/// A row to be.
pub(super) struct Row<T> {
    pub cells: Cells,
    pub body: T,
}

pub(super) struct Cells {
    pub name: String,
    pub cpu: Quantity,
    pub memory: Quantity,
    pub window: Window,
}

impl<T: Usage> Table<T> {
    pub(super) fn new(
        version: MetaVersion,
        include: Rows,
        rows: impl IntoIterator<Item = Row<T>>,
    ) -> Self {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|Row { cells, body }| TableRow {
                cells: cells.texts(),
                object: match include {
                    Rows::None => RowObject::None,
                    Rows::Metadata => {
                        RowObject::Metadata(PartialObjectMetadata::of(body.metadata(), version))
                    }
                    Rows::Object => RowObject::Object(object(T::KIND, body)),
                },
            })
            .collect();
        let some = !rows.is_empty();
        Self {
            kind: "Table",
            api_version: version.to_string(),
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
