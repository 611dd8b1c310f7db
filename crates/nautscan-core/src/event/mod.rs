//! The tables: what the engine puts out, and nothing else does.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

mod column;
mod exchange;
mod flow_tls;
mod flows;
mod handshake;
mod names;
mod packets;
mod redact;
mod requests;
mod sized;
mod stats;
mod summary;
mod text;
mod transport;

pub use column::{Column, Kind};
pub use exchange::{Body, Completeness, Exchange, Growing, Headers, Message};
pub use flows::{FlowFacts, FlowsBuilder};
pub use handshake::{Alert, Certificate, Handshake};
pub use names::{Lease, LeaseStep, NamesBuilder, Naming};
pub use packets::PacketsBuilder;
pub(crate) use redact::REDACTED;
pub use redact::Redactor;
pub use requests::RequestsBuilder;
pub use stats::{COUNTERS, Stat, stats_batch};
pub use summary::Summary;
pub(crate) use summary::memory as summary_memory;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// One row a request with its response.
    Requests,
    /// One row a flow and update.
    Flows,
    /// One row a packet.
    Packets,
    /// One row each time it was said that an address has a name.
    Names,
    /// One row a counter and second.
    Stats,
}

impl Table {
    /// Every table, in the order of the reference.
    pub const ALL: [Self; 5] =
        [Self::Requests, Self::Flows, Self::Packets, Self::Names, Self::Stats];

    /// Name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Flows => "flows",
            Self::Packets => "packets",
            Self::Names => "names",
            Self::Stats => "stats",
        }
    }

    /// The table called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Requests => requests::COLUMNS,
            Self::Flows => flows::COLUMNS,
            Self::Packets => packets::COLUMNS,
            Self::Names => names::COLUMNS,
            Self::Stats => stats::COLUMNS,
        }
    }

    /// Its Arrow schema.
    pub fn schema(self) -> SchemaRef {
        column::schema(self.columns())
    }
}

/// Columns to a batch. Invariant, held by the tests of each table: builders and `COLUMNS`
/// agree in number, order, type and nullability.
fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>) -> RecordBatch {
    match RecordBatch::try_new(schema.clone(), columns) {
        Ok(batch) => batch,
        Err(error) => unreachable!("table columns do not fit their schema: {error}"),
    }
}
