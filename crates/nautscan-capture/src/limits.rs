//! Every cap of this crate, named and justified.

#[cfg(test)]
mod tests;

/// Longest packet accepted for ordinary link types: libpcap's own maximum snapshot length.
/// A longer record is taken for damage, since lengths that large come from lost framing.
pub const MAX_PACKET_BYTES: u32 = 256 * 1024;

/// Longest packet of link types that carry whole messages or transfers (D-Bus, USB, syslog
/// style): above what such captures hold, low enough to buffer one.
pub const MAX_MESSAGE_BYTES: u32 = 16 * 1024 * 1024;

/// Longest pcapng block that is held in memory; longer ones of a kind we do not need are
/// skipped without being held.
pub const MAX_BLOCK_BYTES: u32 = MAX_MESSAGE_BYTES + 64 * 1024;

/// Interfaces one source can have: the range of `InterfaceId`.
pub const MAX_INTERFACES: usize = u16::MAX as usize;

/// Longest text (name, filter, comment) kept from a pcapng option; the rest is cut.
pub const MAX_OPTION_TEXT: usize = 4096;

/// Comments kept of one file; more are counted.
pub const MAX_COMMENTS: usize = 4096;

/// Names kept of a file's name resolution blocks; more are counted.
pub const MAX_NAME_RECORDS: usize = 65_536;

/// Bytes of decryption secrets kept of one file; more are counted.
pub const MAX_SECRET_BYTES: usize = 16 * 1024 * 1024;

/// Files that may overlap in time in one merge: below the usual limit of 1,024 descriptors.
pub const MAX_OPEN_FILES: usize = 512;

/// Bytes of custom blocks that may be copied, kept of one file; more are counted.
pub const MAX_CUSTOM_BYTES: usize = 1024 * 1024;

/// How far back in time a packet of a file may lie and still be put in its place: more than the
/// queues and buffers of a capturing host are apart, less than a clock that is set back.
pub const REORDER_NANOS: i64 = 500_000_000;

/// Packets held at most while a file is put in order of time. When more are, the earliest go on.
pub const REORDER_PACKETS: usize = 16_384;

/// Their bytes likewise.
pub const REORDER_BYTES: usize = 8 * 1024 * 1024;

/// Bytes held at most while packets of several live interfaces are put in order of time; when
/// more are, they go on as they are: disorder is better than loss.
pub const LIVE_REORDER_BYTES: usize = 64 * 1024 * 1024;

/// Longest option of a pcapng block written: what a 16-bit length can say, less padding. A longer
/// text is cut.
pub const MAX_OPTION_WRITTEN: usize = 65_532;

/// Longest encoded Zstandard block: one decodes to at most 128 KiB (RFC 8878 section 3.1.1.2.3),
/// so that an encoded one has no reason to be longer.
pub const MAX_ZSTD_BLOCK: usize = 128 * 1024;

/// Longest capture filter accepted. The time libpcap takes to compile grows with the square of the
/// length or worse: at this length up to half a second, at 64 KiB more than a minute.
pub const MAX_FILTER_BYTES: usize = 4096;

/// Longest capture filter that is optimised. A list of 300 hosts (6 KB) takes the optimiser 10 s,
/// and without it compiles in under one.
pub(crate) const MAX_OPTIMISED_FILTER: usize = 1024;

/// Read buffer of a file: small enough to stay in the second-level cache, so that the decoder
/// finds the bytes warm; larger buffers and `mmap` were slower (see `file::window`).
pub(crate) const FILE_BUFFER: usize = 256 * 1024;

/// Buffers kept for use again while engine workers look into others: more than are under way at
/// once (`PARCELS_WAITING` parcels for each of `FED_BY_ONE` workers, and what each has in hand).
pub(crate) const LENT_BLOCKS: usize = 256;

/// Engine workers at most: one thread reads for all, and cannot feed nearly as many.
pub const MAX_WORKERS: usize = 64;

/// Bytes of packets that are handed to the engine workers at once: large enough that waking a
/// thread for them costs nothing, small enough to lie in the second-level cache.
pub(crate) const PARCEL_BYTES: usize = 1 << 20;

/// Packets handed over at once, if they are small.
pub(crate) const PARCEL_PACKETS: usize = 8192;

/// Parcels that may wait for one worker; then the reader waits.
pub(crate) const PARCELS_WAITING: usize = 4;

/// Batches that may wait to be taken, for each worker; then the worker waits.
pub(crate) const BATCHES_WAITING: usize = 2;

/// Packets taken from a live source before they are handed to several workers.
pub(crate) const LIVE_PARCEL_PACKETS: usize = 1024;

/// Datagrams in fragments of which the worker is remembered: those of one datagram come together,
/// so these are many times those under way.
pub(crate) const DATAGRAMS: usize = 4096;

/// Beginnings of connections remembered to bring together those that may be one, translated: as
/// many times those of the last second as the engine remembers (`BEGINNINGS`).
pub(crate) const BEGUN_ALIKE: usize = 1 << 13;

/// Connections sent to another worker than their addresses say, because that has their other
/// addresses: as many as the engine keeps (`ALIASES`).
pub(crate) const COMPANIONS: usize = 1 << 18;

/// Places where FTP listens for data that are remembered, to send what comes there to the worker that has
/// the announcement: two for each that the engine keeps (`ANNOUNCED`).
pub(crate) const MEETINGS: usize = 2 * 4096;

/// Connections of data that were sent to such a worker: those of an hour at a busy server.
pub(crate) const MEETING: usize = 1 << 16;

/// Read buffer of a file that is only looked into, to find its first packet.
pub(crate) const PROBE_BUFFER: usize = 64 * 1024;

/// Compressed bytes read at a time.
pub(crate) const COMPRESSED_BUFFER: usize = 128 * 1024;

/// Packet records parsed before the first of them is delivered: so many are looked at to find
/// out whether a file is in order. Their places take 24 KiB, so that they stay in the first- or
/// second-level cache.
pub(crate) const AHEAD_RECORDS: usize = 1024;

/// Schemas of Protocol Buffers in a folder: Google's public interfaces have some 5,000.
pub(crate) const SCHEMA_FILES: usize = 10_000;

/// Folders in each other that are looked through for schemas; packages seldom have six parts.
pub(crate) const SCHEMA_FOLDERS: usize = 16;
