//! Every cap of this crate, named and justified.

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

/// TCP datagrams in fragments of which the worker is remembered. They are rare: TCP avoids
/// fragments, and those of one datagram come together.
pub(crate) const DATAGRAMS: usize = 1024;
