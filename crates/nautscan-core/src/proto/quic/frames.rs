//! Frames of Initial packets (RFC 9000 section 12.4 and 19): few kinds are allowed there.

use super::packet::varint;

const PADDING: u64 = 0x00;
const PING: u64 = 0x01;
const ACK: u64 = 0x02;
const ACK_ECN: u64 = 0x03;
const CRYPTO: u64 = 0x06;
const CONNECTION_CLOSE: u64 = 0x1c;
const APPLICATION_CLOSE: u64 = 0x1d;

/// A frame that says something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// Bytes of the handshake.
    Crypto { offset: u64, bytes: &'a [u8] },
    /// The connection is over: error code and a reason for people.
    Close { code: u64, is_application: bool, reason: &'a [u8] },
}

/// No frame that an Initial packet may have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoFrame;

/// The next frame that says something, from the front of `bytes`.
pub(super) fn next<'a>(bytes: &mut &'a [u8]) -> Result<Option<Frame<'a>>, NoFrame> {
    while let Some(&first) = bytes.first() {
        if u64::from(first) == PADDING {
            // There are hundreds, mostly up to the end.
            let length = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
            *bytes = &bytes[length..];
            continue;
        }
        if let Some(frame) = frame(bytes).ok_or(NoFrame)? {
            return Ok(Some(frame));
        }
    }
    Ok(None)
}

/// One frame; `Some(None)`: it says nothing of the handshake.
#[allow(clippy::option_option)]
fn frame<'a>(bytes: &mut &'a [u8]) -> Option<Option<Frame<'a>>> {
    match varint(bytes)? {
        PING => Some(None),
        kind @ (ACK | ACK_ECN) => {
            acknowledgement(bytes, kind == ACK_ECN)?;
            Some(None)
        }
        CRYPTO => {
            let offset = varint(bytes)?;
            Some(Some(Frame::Crypto { offset, bytes: counted(bytes)? }))
        }
        kind @ (CONNECTION_CLOSE | APPLICATION_CLOSE) => {
            let code = varint(bytes)?;
            let is_application = kind == APPLICATION_CLOSE;
            if !is_application {
                // The kind of frame that was wrong.
                varint(bytes)?;
            }
            Some(Some(Frame::Close { code, is_application, reason: counted(bytes)? }))
        }
        _ => None,
    }
}

fn acknowledgement(bytes: &mut &[u8], has_ecn: bool) -> Option<()> {
    let [_largest, _delay, ranges, _first] =
        [varint(bytes)?, varint(bytes)?, varint(bytes)?, varint(bytes)?];
    // Each takes a byte at least, so that the bytes end it.
    for _ in 0..ranges.checked_mul(2)? {
        varint(bytes)?;
    }
    for _ in 0..if has_ecn { 3 } else { 0 } {
        varint(bytes)?;
    }
    Some(())
}

/// Bytes behind their number.
fn counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (counted, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_say_something_are_found_among_others() {
        let mut bytes: &[u8] = &[
            0, 0, 1, 2, 5, 0, 1, 0, 1, 1, // PADDING, PING, ACK with two ranges
            6, 3, 2, b'a', b'b', // CRYPTO
            3, 5, 0, 0, 0, 1, 1, 1, // ACK with ECN counts
            0x1c, 0x41, 0x28, 6, 2, b'n', b'o', 0,
        ];
        let crypto = Frame::Crypto { offset: 3, bytes: b"ab" };
        assert_eq!(next(&mut bytes), Ok(Some(crypto)));
        let close = Frame::Close { code: 0x128, is_application: false, reason: b"no" };
        assert_eq!(next(&mut bytes), Ok(Some(close)));
        assert_eq!(next(&mut bytes), Ok(None));
        let cases: [&[u8]; 4] = [&[8, 0], &[6, 0, 9, 1], &[2, 0, 0, 0x7f, 0xff, 0], &[0x1c]];
        for mut bytes in cases {
            assert_eq!(next(&mut bytes), Err(NoFrame), "{bytes:?}");
        }
    }
}
