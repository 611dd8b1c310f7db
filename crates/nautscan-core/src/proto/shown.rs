//! What peers said, on one line of a row's detail.

use std::fmt::Write as _;

/// Text without control characters; a character that was cut through is left out.
pub(super) fn push_text(bytes: &[u8], out: &mut String) {
    let text = match core::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    for char in String::from_utf8_lossy(text).chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            char if char.is_control() => out.extend(char.escape_default()),
            char => out.push(char),
        }
    }
}

/// A time as seconds after another: `+1.203456`.
pub(super) fn push_offset(time: i64, since: i64, out: &mut String) {
    let micros = time.saturating_sub(since).max(0) / 1000;
    // Writing to a String cannot fail.
    let _ = write!(out, "+{}.{:06}", micros / 1_000_000, micros % 1_000_000);
}
