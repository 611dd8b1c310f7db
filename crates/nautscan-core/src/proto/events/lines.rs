//! Lines that end in CR LF, LF or CR.

use crate::limits::EVENT_LINE;

/// What a stream may begin with, and means nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Puts lines together from pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come.
    kept: Vec<u8>,
    /// Bytes of that line.
    length: u64,
    /// The last byte was CR: an LF that follows is of the same end.
    after_cr: bool,
    /// A line has ended.
    begun: bool,
    /// The line's beginning was lost.
    is_cut: bool,
}

impl Lines {
    /// Hands the beginning of each line that ends to `take`, with the length of all of it.
    pub(super) fn push(&mut self, mut bytes: &[u8], take: &mut impl FnMut(&[u8], u64)) {
        while let Some(first) = bytes.first() {
            if core::mem::take(&mut self.after_cr) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\r', b'\n', bytes) else {
                return self.keep(bytes);
            };
            self.after_cr = bytes[end] == b'\r';
            self.keep(&bytes[..end]);
            self.end(take);
            bytes = &bytes[end + 1..];
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(EVENT_LINE - self.kept.len());
        self.kept.extend_from_slice(&bytes[..fits]);
        self.length = self.length.saturating_add(bytes.len() as u64);
    }

    fn end(&mut self, take: &mut impl FnMut(&[u8], u64)) {
        let length = core::mem::take(&mut self.length);
        let is_first = !core::mem::replace(&mut self.begun, true);
        match self.kept.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first) {
            _ if core::mem::take(&mut self.is_cut) => {}
            Some(line) => take(line, length - BYTE_ORDER_MARK.len() as u64),
            None => take(&self.kept, length),
        }
        self.kept.clear();
    }

    /// Bytes were lost: what ends next is not a whole line.
    pub(super) fn lose(&mut self) {
        self.kept.clear();
        (self.length, self.after_cr, self.begun, self.is_cut) = (0, false, true, true);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        self.kept.capacity()
    }
}
