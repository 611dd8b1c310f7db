//! What a packet of the server says, where it is not a row.
//!
//! Source: MySQL's internals, "Generic Response Packets"; MariaDB's knowledge base, "OK_Packet".

use super::read::Reader;

/// Bits of a status.
pub(super) mod status {
    pub(crate) const MORE_RESULTS: u16 = 8;
    pub(crate) const CURSOR: u16 = 0x40;
    pub(crate) const NO_ESCAPES: u16 = 0x200;
}

/// First bytes.
pub(super) const OK: u8 = 0;
pub(super) const FILE: u8 = 0xfb;
pub(super) const END: u8 = 0xfe;
pub(super) const ERROR: u8 = 0xff;

/// Bytes of what ends columns, and of old rows; OK instead has two more.
const END_BYTES: u64 = 5;

/// Bytes of OK at least, since version 4.1.
pub(super) const OK_BYTES: u64 = 7;

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Done {
    pub(super) affected: Option<u64>,
    /// Not there before version 4.1.
    pub(super) status: Option<u16>,
    pub(super) warnings: u16,
}

impl Done {
    /// Reads OK, or what ends rows, of so many bytes.
    pub(super) fn read(body: &[u8], length: u64) -> Option<Self> {
        let mut reader = Reader(body);
        let first = reader.byte()?;
        if first == END && length <= END_BYTES {
            let warnings = reader.u16().unwrap_or(0);
            return Some(Self { affected: None, status: reader.u16(), warnings });
        }
        let affected = reader.number()?;
        let _last_id = reader.number()?;
        let status = reader.u16();
        let warnings = reader.u16().unwrap_or(0);
        Some(Self { affected: (first == OK).then_some(affected), status, warnings })
    }

    pub(super) fn has(self, bit: u16) -> bool {
        self.status.is_some_and(|status| status & bit != 0)
    }
}

/// Whether a packet of so many bytes ends columns before rows.
pub(super) fn is_end(first: Option<u8>, length: u64) -> bool {
    first == Some(END) && length <= END_BYTES
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed<'a> {
    pub(super) code: u16,
    pub(super) state: &'a [u8],
    pub(super) message: &'a [u8],
}

impl<'a> Failed<'a> {
    /// MariaDB tells how far it is by an error of this number.
    pub(super) const PROGRESS: u16 = 0xffff;

    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(body);
        if reader.byte()? != ERROR {
            return None;
        }
        let code = reader.u16()?;
        let state = match reader.0 {
            [b'#', ..] => reader.take(6).map_or(&b""[..], |state| &state[1..]),
            _ => b"",
        };
        Some(Self { code, state, message: reader.0 })
    }
}
