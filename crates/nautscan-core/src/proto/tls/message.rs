//! Handshake messages of one direction, put together from the contents of records.

use crate::limits::TLS_MESSAGE;

/// Bytes before a message: type and length (RFC 8446 section 4).
const HEADER: usize = 4;

pub(in crate::proto) const CLIENT_HELLO: u8 = 1;
pub(in crate::proto) const SERVER_HELLO: u8 = 2;
pub(super) const CERTIFICATE: u8 = 11;
pub(super) const SERVER_HELLO_DONE: u8 = 14;

/// The message that is coming.
#[derive(Default)]
pub(super) struct Messages {
    header: [u8; HEADER],
    /// Bytes of the header that are there.
    has: usize,
    body: Vec<u8>,
    /// Bytes of the body still to come.
    left: usize,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A message of this type begins, or ended: see [`Messages::body`] for those that are kept.
    Message(u8),
    /// A message of this type is too long to be kept.
    TooLong(u8),
}

impl Messages {
    /// Takes the next message from the front of `bytes`; `None` when more are needed.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Option<Found> {
        if self.has < HEADER {
            let taken = bytes.len().min(HEADER - self.has);
            self.header[self.has..self.has + taken].copy_from_slice(&bytes[..taken]);
            *bytes = &bytes[taken..];
            self.has += taken;
            if self.has < HEADER {
                return None;
            }
            let [_, a, b, c] = self.header;
            self.left = u32::from_be_bytes([0, a, b, c]) as usize;
            self.body.clear();
            if self.is_read() && self.left > TLS_MESSAGE {
                // Its header stays, so that its body is passed over.
                self.header[0] |= PASSED;
                return Some(Found::TooLong(self.header[0] & !PASSED));
            }
        }
        let (piece, rest) = bytes.split_at(bytes.len().min(self.left));
        *bytes = rest;
        self.left -= piece.len();
        if self.is_read() {
            self.body.extend_from_slice(piece);
        }
        if self.left > 0 {
            return None;
        }
        self.has = 0;
        Some(Found::Message(self.header[0]))
    }

    /// Header and body of the message that just ended.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    fn is_read(&self) -> bool {
        [CLIENT_HELLO, SERVER_HELLO, CERTIFICATE].contains(&self.header[0])
    }

    pub(super) fn memory(&self) -> usize {
        self.body.capacity()
    }
}

/// Marks a type of which the body is not kept; no type of the registry has this bit.
const PASSED: u8 = 0x80;
