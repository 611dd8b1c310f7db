//! The chunked transfer coding (RFC 9112 section 7.1) as a state machine of a few bytes.

/// Where the decoder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the chunk-size digits; how many were read.
    Size(u8),
    /// After the digits: extension, up to the end of the line.
    Extension,
    /// After the CR of the size line.
    SizeLf,
    /// In chunk data.
    Data,
    /// After chunk data: CRLF.
    DataEnd,
    /// After the CR that follows chunk data.
    DataLf,
}

/// Decoder state for one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunked {
    at: At,
    /// Size being read, or bytes of the chunk that are still to come.
    left: u64,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Framing; nothing to report.
    Framing,
    /// A line of the framing ended in LF without CR.
    BareLf,
    /// Content.
    Content(&'a [u8]),
    /// The last chunk was read: the trailer section follows.
    Last,
    /// Not chunked coding.
    Invalid,
}

impl Chunked {
    /// At the first chunk-size.
    pub(super) const fn new() -> Self {
        Self { at: At::Size(0), left: 0 }
    }

    /// Bytes that may be lost without losing the framing: the rest of the current chunk.
    pub(super) fn skippable(&self) -> u64 {
        if self.at == At::Data { self.left } else { 0 }
    }

    /// Accounts for `lost` bytes of chunk data, at most [`Self::skippable`].
    pub(super) fn skip(&mut self, lost: u64) {
        self.left -= lost;
        if self.left == 0 {
            self.at = At::DataEnd;
        }
    }

    /// Reads from `bytes` (not empty): how many were consumed, and what they were.
    pub(super) fn next<'a>(&mut self, bytes: &'a [u8]) -> (usize, Piece<'a>) {
        match self.at {
            At::Data => self.data(bytes),
            At::DataEnd | At::DataLf => self.data_end(bytes[0]),
            At::Size(_) | At::Extension | At::SizeLf => self.size_line(bytes),
        }
    }

    fn data<'a>(&mut self, bytes: &'a [u8]) -> (usize, Piece<'a>) {
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        self.skip(n as u64);
        (n, Piece::Content(&bytes[..n]))
    }

    fn data_end<'a>(&mut self, byte: u8) -> (usize, Piece<'a>) {
        match (self.at, byte) {
            (At::DataEnd, b'\r') => self.at = At::DataLf,
            (_, b'\n') => {
                let bare = self.at == At::DataEnd;
                *self = Self::new();
                return (1, if bare { Piece::BareLf } else { Piece::Framing });
            }
            _ => return (0, Piece::Invalid),
        }
        (1, Piece::Framing)
    }

    fn size_line<'a>(&mut self, bytes: &'a [u8]) -> (usize, Piece<'a>) {
        for (i, &byte) in bytes.iter().enumerate() {
            match (self.at, byte) {
                (At::Size(0), b'\r' | b'\n' | b';' | b' ' | b'\t') => return (i, Piece::Invalid),
                (At::Size(_), b'\r') | (At::Extension, b'\r') => self.at = At::SizeLf,
                (At::Size(_) | At::Extension | At::SizeLf, b'\n') => {
                    let bare = self.at != At::SizeLf;
                    return (i + 1, self.size_done(bare));
                }
                (At::Size(_), b';' | b' ' | b'\t') => self.at = At::Extension,
                (At::Size(n), _) => match (byte as char).to_digit(16) {
                    Some(digit) if n < 16 => {
                        self.left = self.left << 4 | u64::from(digit);
                        // Leading zeros do not count, so that any number of them is read.
                        self.at = At::Size(if self.left == 0 { 1 } else { n + 1 });
                    }
                    _ => return (i, Piece::Invalid),
                },
                (At::Extension, _) => {}
                _ => return (i, Piece::Invalid),
            }
        }
        (bytes.len(), Piece::Framing)
    }

    fn size_done<'a>(&mut self, bare: bool) -> Piece<'a> {
        if self.left == 0 {
            return Piece::Last;
        }
        self.at = At::Data;
        if bare { Piece::BareLf } else { Piece::Framing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Content, whether the last chunk was reached, and the bytes left over; `None`: invalid.
    fn decode(bytes: &[u8], step: usize) -> Option<(Vec<u8>, Option<usize>)> {
        let (mut chunked, mut content, mut at) = (Chunked::new(), Vec::new(), 0);
        while at < bytes.len() {
            let end = (at + step).min(bytes.len());
            let (n, piece) = chunked.next(&bytes[at..end]);
            at += n;
            match piece {
                Piece::Content(c) => content.extend_from_slice(c),
                Piece::Last => return Some((content, Some(at))),
                Piece::Invalid => return None,
                Piece::Framing | Piece::BareLf => {}
            }
        }
        Some((content, None))
    }

    #[test]
    fn reads_chunks_extensions_and_odd_line_ends() {
        let cases: [(&[u8], Option<&[u8]>); 10] = [
            (b"5\r\nhello\r\n0\r\n", Some(b"hello")),
            (b"5;a=b;c=\"d\"\r\nhello\r\n1 ; x\r\n!\r\n000\r\n", Some(b"hello!")),
            (b"A\n0123456789\n0\n", Some(b"0123456789")),
            (b"00000000000000000000005\r\nhello\r\n0\r\n", Some(b"hello")),
            (b"\r\n", None),
            (b"-1\r\n", None),
            (b"0x5\r\nhello", None),
            (b"11111111111111111\r\n", None),
            (b"5\r\nhelloworld", None),
            (b"5\rhello", None),
        ];
        for (bytes, want) in cases {
            for step in 1..=bytes.len() {
                let got = decode(bytes, step);
                assert_eq!(
                    got.as_ref().map(|g| g.0.as_slice()),
                    want,
                    "{}",
                    String::from_utf8_lossy(bytes)
                );
                assert!(got.is_none_or(|g| g.1 == Some(bytes.len())));
            }
        }
    }

    #[test]
    fn loss_within_a_chunk_keeps_the_framing() {
        let mut chunked = Chunked::new();
        assert_eq!(chunked.skippable(), 0);
        assert_eq!(chunked.next(b"10\r\n"), (4, Piece::Framing));
        assert_eq!(chunked.next(b"ab"), (2, Piece::Content(b"ab")));
        assert_eq!(chunked.skippable(), 14);
        chunked.skip(14);
        assert_eq!(chunked.next(b"\r\n"), (1, Piece::Framing));
        assert_eq!(chunked.next(b"\n"), (1, Piece::Framing));
        assert_eq!(chunked.next(b"0\r\n"), (3, Piece::Last));
    }
}
