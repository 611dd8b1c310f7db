//! Every cap of the engine, named and justified. A full buffer drops and counts; none grows
//! without bound.

#[cfg(test)]
mod tests;

mod proto;

pub use proto::*;

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

/// Pieces of a connection, each of another time, that are held for a probe that cannot decide.
/// Protocols are known by a few bytes: so many pieces mean that they came one by one.
pub const DETECTION_PIECES: usize = 256;

/// Turns of a side probed before a connection is held to be of no known protocol. More than one,
/// because following may begin in the middle of a message, and the first ones may be lost.
pub const DETECTION_ATTEMPTS: u8 = 16;

/// Bytes of no known protocol after which the search ends, however few turns they took: room for
/// a large body of which the beginning was not captured.
pub const DETECTION_PASSED: u64 = 1 << 20;

/// Flows followed at once unless set otherwise.
pub const FLOWS: usize = 1_000_000;

/// Rows of a record batch unless set otherwise: large enough that per-batch costs vanish,
/// small enough to stay in cache while it is built.
pub const BATCH_ROWS: usize = 16_384;

/// Bytes of variable-length values (bodies, headers) in a record batch: keeps Arrow's 32-bit
/// offsets far from their end, and memory in bounds.
pub const BATCH_BYTES: usize = 16 << 20;

/// Fewest rows of a batch: smaller ones cost more than their rows.
pub const MIN_BATCH_ROWS: usize = 256;

/// Batches that wait to be taken. When more are ready, the oldest is dropped and counted. More
/// than any few thousand packets give, after which batches are taken.
pub const READY_BATCHES: usize = 4096;

/// Packets remembered to recognise a second sighting of the same packet at another interface.
pub const SIGHTINGS: usize = 1 << 15;

/// First packets remembered to know a connection again that was translated: three places for each
/// that began within the last second.
pub const BEGINNINGS: usize = 1 << 14;

/// Addresses of flows besides those that they began with: a router's whole table of translations
/// (Linux has room for 262,144 by default from 4 GiB of memory on).
pub const ALIASES: usize = 1 << 18;

/// Pairs of addresses of one flow. One translation gives two; a container in a container is behind
/// two.
pub const FLOW_LEGS: usize = 4;

/// Encapsulations of one packet that are walked. Three are seen in real networks (a mobile
/// user's tunnel within a provider's within a data centre's); a packet of nothing but headers is
/// an attack.
pub const ENCAPSULATIONS: usize = 8;

/// Headers of any kind around or between encapsulations (tags, LLC, PPP, control words) that are
/// walked in one packet.
pub const ENCAPSULATING_HEADERS: u8 = 24;

/// VLAN tags in one row. Two are standard, three are sold.
pub const VLAN_TAGS: usize = 4;

/// Labels of one MPLS stack. Segment routing stacks about ten.
pub const MPLS_LABELS: usize = 16;

/// Extension headers of one IPv6 packet, authentication headers of one IPv4 packet. RFC 8200
/// sets no limit; each kind but one is to occur once, but hosts accept more.
pub const IP_EXTENSIONS: usize = 256;

/// Datagrams that are put together from fragments at once. Fragments of one datagram come
/// within milliseconds; a thousand are on their way only under attack or loss.
pub const FRAGMENT_DATAGRAMS: usize = 4096;

/// Bytes held for them: as much as Linux gives reassembly by default (`ipfrag_high_thresh`).
pub const FRAGMENT_BYTES: usize = 4 << 20;

/// Pieces of one datagram: 64 KiB in the smallest pieces that IPv4 links make (68 bytes,
/// RFC 791) are 1,366.
pub const FRAGMENT_PIECES: usize = 1366;

/// Datagrams of a flow that are probed before it is held to be of no known protocol: the first
/// one mostly decides, but following may begin anywhere.
pub const DATAGRAM_ATTEMPTS: u8 = 8;

/// Names remembered so that they are not said again (16 bytes each): the names that a large
/// office asks for within an hour.
pub const NAMES_SAID: usize = 1 << 15;

/// Clients that wait for a DHCP server's answer: a rack that starts at once.
pub const LEASES_WAITING: usize = 256;
