//! The compressed protocol: packets within envelopes of a length, a number, the length that they
//! unpack to, and what is packed by zlib or zstd, or not at all.
//!
//! Source: MySQL's internals, "Compressed Packet"; MariaDB's knowledge base, "0 - Packet".

use flate2::{Decompress, FlushDecompress, Status};

use crate::limits::MYSQL_ZSTD;
use crate::proto::http1::unpack_zstd;

/// Bytes of the header.
pub(super) const HEADER: usize = 7;
/// Bytes unpacked in one step.
const STEP: usize = 4096;
/// What the state of zlib holds.
const INFLATE_BYTES: usize = 48 * 1024;
/// What a frame of zstd begins with.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What came cannot be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Corrupt;

/// Lengths in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes of the content as they are on the wire.
    pub(super) packed: usize,
    /// Bytes that it unpacks to; 0: it is not packed.
    pub(super) unpacked: usize,
}

impl Head {
    pub(super) fn read(head: &[u8; HEADER]) -> Self {
        let [a, b, c, _, d, e, f] = *head;
        let length = |bytes| u32::from_le_bytes(bytes) as usize;
        Self { packed: length([a, b, c, 0]), unpacked: length([d, e, f, 0]) }
    }
}

/// One direction.
#[derive(Default)]
pub(super) struct Envelope {
    header: Vec<u8>,
    head: Option<Head>,
    /// Bytes of the content that came, and that it was unpacked to.
    came: usize,
    made: usize,
    /// The content of zstd so far.
    packed: Vec<u8>,
    zlib: Option<Box<Decompress>>,
    inflating: Inflating,
}

/// Where zlib is within an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Inflating {
    #[default]
    No,
    Yes,
    /// There may be more that no bytes are needed for.
    Pending,
    /// All is unpacked.
    Done,
}

impl Envelope {
    /// Whether an envelope has begun.
    pub(super) fn is_within(&self) -> bool {
        self.head.is_some() || !self.header.is_empty()
    }

    /// Whether [`Self::next`] has more without further bytes.
    pub(super) fn is_pending(&self) -> bool {
        self.inflating == Inflating::Pending
    }

    /// Takes what there is of an envelope, and adds what it unpacks to; answers how many bytes were
    /// taken. Of zlib at most [`STEP`] bytes are added at once.
    pub(super) fn next(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, Corrupt> {
        let Some(head) = self.head else {
            let used = bytes.len().min(HEADER - self.header.len());
            self.header.extend_from_slice(&bytes[..used]);
            if let Ok(header) = <&[u8; HEADER]>::try_from(self.header.as_slice()) {
                let head = Head::read(header);
                self.header.clear();
                (self.came, self.made, self.inflating) = (0, 0, Inflating::No);
                self.head = Some(head);
                self.finish(head)?;
            }
            return Ok(used);
        };
        let bytes = &bytes[..bytes.len().min(head.packed - self.came)];
        let used = if head.unpacked == 0 {
            out.extend_from_slice(bytes);
            bytes.len()
        } else if self.inflating != Inflating::No || self.is_zlib(bytes) {
            self.inflate(bytes, out)?
        } else {
            self.collect(bytes, head, out)?
        };
        self.came += used;
        self.finish(head)?;
        Ok(used)
    }

    fn is_zlib(&self, bytes: &[u8]) -> bool {
        self.came == 0 && bytes.first().is_some_and(|first| *first != ZSTD[0])
    }

    /// Once the content has come another envelope follows.
    fn finish(&mut self, head: Head) -> Result<(), Corrupt> {
        if self.made > head.unpacked {
            return Err(Corrupt);
        }
        if self.came < head.packed || self.is_pending() {
            return Ok(());
        }
        self.head = None;
        if self.made == head.unpacked { Ok(()) } else { Err(Corrupt) }
    }

    fn inflate(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, Corrupt> {
        let stream = self.zlib.get_or_insert_with(|| Box::new(Decompress::new(true)));
        match self.inflating {
            Inflating::Done => return Ok(bytes.len()),
            Inflating::No => stream.reset(true),
            Inflating::Yes | Inflating::Pending => {}
        }
        let mut chunk = [0u8; STEP];
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let status = stream.decompress(bytes, &mut chunk, FlushDecompress::None);
        let made = (stream.total_out() - before_out) as usize;
        let used = (stream.total_in() - before_in) as usize;
        out.extend_from_slice(&chunk[..made]);
        self.made += made;
        self.inflating = if made == STEP { Inflating::Pending } else { Inflating::Yes };
        match status.map_err(|_| Corrupt)? {
            Status::StreamEnd => {
                self.inflating = Inflating::Done;
                Ok(bytes.len())
            }
            _ if used == 0 && made == 0 && !bytes.is_empty() => Err(Corrupt),
            _ => Ok(used),
        }
    }

    /// zstd is unpacked as a whole.
    fn collect(&mut self, bytes: &[u8], head: Head, out: &mut Vec<u8>) -> Result<usize, Corrupt> {
        if head.packed > MYSQL_ZSTD {
            return Err(Corrupt);
        }
        self.packed.extend_from_slice(bytes);
        if self.packed.len() < head.packed {
            return Ok(bytes.len());
        }
        let packed = core::mem::take(&mut self.packed);
        let made =
            if packed.starts_with(&ZSTD) { unpack_zstd(&packed, head.unpacked) } else { None };
        let made = made.ok_or(Corrupt)?;
        self.made = made.len();
        out.extend_from_slice(&made);
        Ok(bytes.len())
    }

    /// What comes begins an envelope.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let zlib = if self.zlib.is_some() { INFLATE_BYTES } else { 0 };
        size_of::<Self>() + self.header.capacity() + self.packed.capacity() + zlib
    }
}
