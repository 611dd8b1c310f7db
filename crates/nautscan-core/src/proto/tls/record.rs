//! Records of one direction (RFC 8446 section 5.1), as bytes come: nothing is held but a header.

/// Bytes of a record's header.
pub(super) const HEADER: usize = 5;
/// Bytes of a record's content at most: RFC 5246 section 6.2.3, the larger of the versions'.
pub(super) const MAX_RECORD: usize = (1 << 14) + 2048;

pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;
pub(super) const HEARTBEAT: u8 = 24;

/// Where one direction stands.
#[derive(Default)]
pub(super) struct Records {
    header: [u8; HEADER],
    /// Bytes of the header that are there.
    has: usize,
    /// Bytes of the content still to come.
    left: usize,
}

/// A record's content, or a piece of it.
pub(super) struct Piece<'a> {
    pub(super) kind: u8,
    /// Length of the whole record's content.
    pub(super) length: usize,
    pub(super) bytes: &'a [u8],
}

/// These bytes cannot be a record.
pub(super) struct NoRecord;

impl Records {
    /// Takes the next piece from the front of `bytes`; `None` when more are needed.
    pub(super) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, NoRecord> {
        while self.left == 0 {
            let taken = bytes.len().min(HEADER - self.has);
            self.header[self.has..self.has + taken].copy_from_slice(&bytes[..taken]);
            *bytes = &bytes[taken..];
            self.has += taken;
            if self.has < HEADER {
                return Ok(None);
            }
            let is_known = (CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(&self.header[0]);
            let length = self.length();
            if !is_known || self.header[1] != 3 || length > MAX_RECORD {
                return Err(NoRecord);
            }
            // An empty record carries nothing: the next follows.
            (self.has, self.left) = (0, length);
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let (piece, rest) = bytes.split_at(bytes.len().min(self.left));
        *bytes = rest;
        self.left -= piece.len();
        Ok(Some(Piece { kind: self.header[0], length: self.length(), bytes: piece }))
    }

    fn length(&self) -> usize {
        usize::from(u16::from_be_bytes([self.header[3], self.header[4]]))
    }
}
