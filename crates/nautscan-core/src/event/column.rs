//! How a table is described: once, for Arrow, for Python and for the reference.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

/// The types that columns have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nanoseconds since 1970-01-01 UTC.
    Time,
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
    /// Signed 64-bit.
    Int,
    /// Signed 32-bit.
    Int32,
    /// Unsigned 16-bit.
    Port,
    /// True or false.
    Bool,
    /// List of text.
    TextList,
    /// List of name and value.
    Headers,
}

impl Kind {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Time => DataType::Timestamp(TimeUnit::Nanosecond, None),
            Self::Text => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Int => DataType::Int64,
            Self::Int32 => DataType::Int32,
            Self::Port => DataType::UInt16,
            Self::Bool => DataType::Boolean,
            Self::TextList => DataType::List(Arc::new(Field::new("item", DataType::Utf8, false))),
            Self::Headers => DataType::List(Arc::new(Field::new(
                "item",
                DataType::Struct(header_fields()),
                false,
            ))),
        }
    }

    /// The type in words, for the reference.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "timestamp[ns, UTC]",
            Self::Text => "utf8",
            Self::Binary => "binary",
            Self::Int => "int64",
            Self::Int32 => "int32",
            Self::Port => "uint16",
            Self::Bool => "bool",
            Self::TextList => "list<utf8>",
            Self::Headers => "list<struct<name: utf8, value: utf8>>",
        }
    }
}

/// Fields of a header pair.
pub(super) fn header_fields() -> Fields {
    Fields::from(vec![
        Field::new("name", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, false),
    ])
}

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name in SQL and JSON.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether null occurs.
    pub nullable: bool,
    /// Meaning, unit, and when it is null.
    pub doc: &'static str,
}

/// A column that is never null.
pub(super) const fn always(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, kind, nullable: false, doc }
}

/// A column that may be null.
pub(super) const fn maybe(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, kind, nullable: true, doc }
}

/// The Arrow schema of `columns`.
pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| Field::new(column.name, column.kind.data_type(), column.nullable))
        .collect();
    Arc::new(Schema::new(fields))
}
