//! Option lists of pcapng blocks: code, length, value, padding to four bytes.

use crate::MAX_OPTION_TEXT;

/// Codes shared by all blocks, and those of each block kind that are read.
pub(super) mod code {
    pub(in crate::file) const END: u16 = 0;
    pub(in crate::file) const COMMENT: u16 = 1;
    pub(in crate::file) const IF_NAME: u16 = 2;
    pub(in crate::file) const IF_DESCRIPTION: u16 = 3;
    pub(in crate::file) const IF_SPEED: u16 = 8;
    pub(in crate::file) const IF_TSRESOL: u16 = 9;
    pub(in crate::file) const IF_FILTER: u16 = 11;
    pub(in crate::file) const IF_OS: u16 = 12;
    pub(in crate::file) const IF_FCSLEN: u16 = 13;
    pub(in crate::file) const IF_TSOFFSET: u16 = 14;
    pub(in crate::file) const IF_HARDWARE: u16 = 15;
    pub(in crate::file) const EPB_DROPCOUNT: u16 = 4;
    pub(in crate::file) const ISB_IFRECV: u16 = 4;
    pub(in crate::file) const ISB_IFDROP: u16 = 5;
    pub(in crate::file) const ISB_OSDROP: u16 = 7;
}

/// Iterates over (code, value). Ends at the end-of-options mark, at the end of the bytes, or at
/// an option that claims more bytes than there are, which sets [`Options::broken`].
pub(super) struct Options<'a> {
    rest: &'a [u8],
    swapped: bool,
    pub(super) broken: bool,
}

impl<'a> Options<'a> {
    pub(super) fn new(bytes: &'a [u8], swapped: bool) -> Self {
        Self { rest: bytes, swapped, broken: false }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, body) = self.rest.split_first_chunk::<4>()?;
        let code = u16_at(head, 0, self.swapped);
        let length = usize::from(u16_at(head, 2, self.swapped));
        if code == code::END {
            self.rest = &[];
            return None;
        }
        let Some(value) = body.get(..length) else {
            self.broken = true;
            self.rest = &[];
            return None;
        };
        self.rest = body.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some((code, value))
    }
}

/// Text of an option: up to a NUL, at most [`MAX_OPTION_TEXT`] bytes, invalid UTF-8 replaced. One
/// that is longer is counted in `cut`.
pub(super) fn text(value: &[u8], cut: &mut u64) -> String {
    let value = value.split(|&byte| byte == 0).next().unwrap_or(&[]);
    *cut += u64::from(value.len() > MAX_OPTION_TEXT);
    let value = &value[..value.len().min(MAX_OPTION_TEXT)];
    String::from_utf8_lossy(value).into_owned()
}

/// A 64-bit option value; `None` if it has another length.
pub(super) fn u64_value(value: &[u8], swapped: bool) -> Option<u64> {
    let number = u64::from_le_bytes(value.try_into().ok()?);
    Some(if swapped { number.swap_bytes() } else { number })
}

/// The caller guarantees that `at + 2 <= data.len()`.
#[inline]
pub(super) fn u16_at(data: &[u8], at: usize, swapped: bool) -> u16 {
    let number = u16::from_le_bytes([data[at], data[at + 1]]);
    if swapped { number.swap_bytes() } else { number }
}

/// The caller guarantees that `at + 4 <= data.len()`.
#[inline]
pub(super) fn u32_at(data: &[u8], at: usize, swapped: bool) -> u32 {
    let number = u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
    if swapped { number.swap_bytes() } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(bytes: &[u8]) -> (Vec<(u16, Vec<u8>)>, bool) {
        let mut options = Options::new(bytes, false);
        let list = options.by_ref().map(|(c, v)| (c, v.to_vec())).collect();
        (list, options.broken)
    }

    #[test]
    fn reads_padded_options_up_to_the_end_mark() {
        let bytes = [2, 0, 3, 0, b'l', b'o', 0, 9, 9, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1];
        let (list, broken) = collect(&bytes);
        assert_eq!(list, [(2, b"lo\0".to_vec()), (9, vec![6])]);
        assert!(!broken);
    }

    #[test]
    fn an_option_longer_than_the_block_is_broken() {
        let (list, broken) = collect(&[2, 0, 200, 0, 1, 2]);
        assert!(list.is_empty());
        assert!(broken);
    }

    #[test]
    fn a_last_option_without_its_padding_is_read() {
        assert_eq!(collect(&[9, 0, 1, 0, 6]).0, [(9, vec![6])]);
    }

    #[test]
    fn text_stops_at_nul_and_survives_bad_utf8() {
        let mut cut = 0;
        assert_eq!(text(b"eth0\0junk", &mut cut), "eth0");
        assert_eq!(text(b"\xff", &mut cut), "\u{fffd}");
        assert_eq!(cut, 0);
        assert_eq!(text(&[b'a'; 10_000], &mut cut).len(), MAX_OPTION_TEXT);
        assert_eq!(cut, 1);
    }
}
