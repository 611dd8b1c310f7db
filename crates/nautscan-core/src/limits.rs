//! Every cap of the engine, named and justified. A full buffer drops and counts; none grows
//! without bound.

/// Body bytes kept of each message unless set otherwise: enough to read a JSON answer, small
/// enough that a thousand exchanges a second stay a few megabytes.
pub const BODY_KEPT: usize = 16 * 1024;

/// Bytes held for one direction of a connection while an earlier segment is missing: a few
/// round trips of a fast connection. When full, the hole is given up.
pub const HELD_BYTES: usize = 1 << 20;

/// Segments held likewise: small segments cost more than their bytes.
pub const HELD_SEGMENTS: usize = 1024;

/// Sequence numbers further than this from the expected one are not of this connection. The
/// largest window that RFC 7323 allows is 2^30.
pub const MAX_WINDOW: u64 = 1 << 30;

/// Bytes of one side looked at before a probe that cannot decide is given up.
pub const DETECTION_BYTES: usize = 4096;

/// Segments probed before a connection is held to be of no known protocol. More than one,
/// because following may begin in the middle of a message.
pub const DETECTION_ATTEMPTS: u8 = 16;

/// Flows followed at once unless set otherwise.
pub const FLOWS: usize = 1_000_000;

/// Rows of a record batch unless set otherwise: large enough that per-batch costs vanish,
/// small enough to stay in cache while it is built.
pub const BATCH_ROWS: usize = 16_384;

/// Bytes of variable-length values (bodies, headers) in a record batch: keeps Arrow's 32-bit
/// offsets far from their end, and memory in bounds.
pub const BATCH_BYTES: usize = 16 << 20;

/// Batches that wait to be taken. When more are ready, the oldest is dropped and counted.
pub const READY_BATCHES: usize = 256;

/// Packets remembered to recognise a second sighting of the same packet at another interface.
pub const SIGHTINGS: usize = 1 << 15;
