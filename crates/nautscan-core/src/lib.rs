//! The NautScan engine: packets in, Arrow record batches out.
//!
//! Sans-IO: no file, no socket, no clock and no thread is touched here. Time is that of the
//! packets. The data path is `wire` (bytes to headers) → `flow` (which conversation) →
//! `stream` (TCP bytes in order) → `proto` (messages) → `event` (tables).

#![forbid(unsafe_code)]

pub mod engine;
pub mod event;
pub mod flow;
pub mod limits;
pub mod packet;
pub mod proto;
pub mod stream;
#[cfg(test)]
mod testing;
pub mod wire;

pub use arrow_array::RecordBatch;
pub use engine::{Config, Engine, Totals, Translation};
pub use packet::{InterfaceId, LinkType, Packet};
