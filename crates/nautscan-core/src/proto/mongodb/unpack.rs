//! The beginning of what a message packs.
//!
//! Crates for Snappy unpack whole blocks; what is read here is the beginning of one, so its few
//! lines are here. Source: Snappy's `format_description.txt`.

use crate::proto::http1::{unpack_zlib, unpack_zstd_beginning};

/// At most `limit` bytes of the beginning; `None`: nothing can be read.
pub(super) fn unpack(compressor: u8, packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let made = match compressor {
        0 => packed[..packed.len().min(limit)].to_vec(),
        1 => snappy(packed, limit)?,
        2 => unpack_zlib(packed, limit),
        3 => unpack_zstd_beginning(packed, limit),
        _ => return None,
    };
    (!made.is_empty()).then_some(made)
}

/// As far as there are elements: a literal, or a copy of what was made before.
fn snappy(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    // The length as a number of seven bits a byte.
    let head = packed.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let mut rest = &packed[head..];
    let mut out = Vec::new();
    while let Some((tag, after)) = rest.split_first()
        && out.len() < limit
    {
        let long = usize::from(tag >> 2);
        let (extra, len) = match tag & 3 {
            0 => (long.saturating_sub(59), long + 1),
            1 => (1, (long & 7) + 4),
            2 => (2, long + 1),
            _ => (4, long + 1),
        };
        let Some((number, after)) = after.split_at_checked(extra) else { break };
        let number = number.iter().rev().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        rest = after;
        if tag & 3 == 0 {
            let len = if extra > 0 { number + 1 } else { len };
            let taken = len.min(rest.len());
            out.extend_from_slice(&rest[..taken.min(limit - out.len())]);
            rest = &rest[taken..];
            continue;
        }
        let offset = if tag & 3 == 1 { usize::from(tag >> 5) << 8 | number } else { number };
        let from = out.len().checked_sub(offset).filter(|_| offset > 0)?;
        for at in from..from + len {
            out.push(out[at]);
        }
    }
    out.truncate(limit);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snappy_is_unpacked_up_to_the_limit() {
        // "Wikipedia" twice and a run, by a literal and copies of each kind.
        let packed = b"\x1a\x20Wikipedia\x15\x09\x1e\x01\x00";
        let whole = format!("WikipediaWikipedia{}", "a".repeat(8));
        assert_eq!(snappy(packed, 100).as_deref(), Some(whole.as_bytes()));
        assert_eq!(snappy(packed, 12).as_deref(), Some(&b"WikipediaWik"[..]));
        assert_eq!(snappy(&packed[..6], 100).as_deref(), Some(&b"Wiki"[..]));
        assert_eq!(snappy(b"\x05\x01\x09", 100), None, "a copy of nothing");
        assert_eq!(snappy(b"\xff\xff\xff\xff\xff", 100), None);
        assert_eq!(unpack(9, b"abc", 10), None);
    }
}
