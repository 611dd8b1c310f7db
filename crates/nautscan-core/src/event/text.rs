//! Bytes from the wire to UTF-8 columns.

use core::fmt::Write as _;

use arrow_array::builder::{ArrayBuilder, StringBuilder};
use arrow_array::{ArrayRef, ListArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, Field};
use std::sync::Arc;

use super::column::header_fields;
use super::exchange::Headers;
use super::redact::Redactor;
use crate::wire::{Address, Mac};

/// Scratch space for making text; nothing is kept in it between calls.
#[derive(Default)]
pub(super) struct TextBuffer {
    scratch: String,
}

impl TextBuffer {
    /// Appends `bytes` as UTF-8; sequences that are not become U+FFFD.
    #[inline]
    pub(super) fn append(&mut self, column: &mut StringBuilder, bytes: Option<&[u8]>) {
        match bytes {
            None => column.append_null(),
            Some(bytes) => append_lossy(column, bytes),
        }
    }

    /// Appends an address in its canonical text form (RFC 5952 for IPv6).
    #[inline]
    pub(super) fn append_address(&mut self, column: &mut StringBuilder, address: Address) {
        if let (false, &[a, b, c, d]) =
            (address.is_v6(), address.octets().first_chunk::<4>().unwrap_or(&[0; 4]))
        {
            let mut text = [0u8; 15];
            let len = dotted(&mut text, [a, b, c, d]);
            column.append_value(core::str::from_utf8(&text[..len]).unwrap_or_default());
            return;
        }
        self.scratch.clear();
        // Writing to a String cannot fail.
        let _ = write!(self.scratch, "{address}");
        column.append_value(&self.scratch);
    }
}

/// Appends a hardware address, or null where there is none.
pub(super) fn append_mac(column: &mut StringBuilder, mac: Mac) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let Some(octets) = mac.octets() else { return column.append_null() };
    let mut text = [b':'; 17];
    for (at, octet) in octets.into_iter().enumerate() {
        text[3 * at] = DIGITS[usize::from(octet >> 4)];
        text[3 * at + 1] = DIGITS[usize::from(octet & 0xf)];
    }
    column.append_value(core::str::from_utf8(&text).unwrap_or_default());
}

/// Writes `a.b.c.d`; answers its length. The formatting machinery costs ten times as much.
#[inline]
fn dotted(out: &mut [u8; 15], octets: [u8; 4]) -> usize {
    let mut at = 0;
    for (i, octet) in octets.into_iter().enumerate() {
        if i > 0 {
            out[at] = b'.';
            at += 1;
        }
        if octet >= 100 {
            out[at] = b'0' + octet / 100;
            at += 1;
        }
        if octet >= 10 {
            out[at] = b'0' + octet / 10 % 10;
            at += 1;
        }
        out[at] = b'0' + octet % 10;
        at += 1;
    }
    at
}

#[inline]
fn append_lossy(column: &mut StringBuilder, bytes: &[u8]) {
    match core::str::from_utf8(bytes) {
        Ok(text) => column.append_value(text),
        Err(_) => column.append_value(String::from_utf8_lossy(bytes)),
    }
}

/// Builds a list of name/value pairs a row. Own, because Arrow's generic list builder looks
/// its field builders up by type on every append.
pub(super) struct HeaderListBuilder {
    names: StringBuilder,
    values: StringBuilder,
    ends: Vec<i32>,
    valid: NullBufferBuilder,
}

impl Default for HeaderListBuilder {
    fn default() -> Self {
        Self {
            names: StringBuilder::default(),
            values: StringBuilder::default(),
            ends: Vec::new(),
            valid: NullBufferBuilder::new(0),
        }
    }
}

impl HeaderListBuilder {
    pub(super) fn push(&mut self, headers: &Headers, redactor: Option<&Redactor>) {
        for (name, value) in headers.iter() {
            append_lossy(&mut self.names, name);
            match redactor {
                Some(redactor) => append_lossy(&mut self.values, &redactor.header(name, value)),
                None => append_lossy(&mut self.values, value),
            }
        }
        self.ends.push(self.names.len() as i32);
        self.valid.append(true);
    }

    pub(super) fn push_null(&mut self) {
        self.ends.push(self.names.len() as i32);
        self.valid.append(false);
    }

    pub(super) fn finish(&mut self) -> ListArray {
        let lengths = core::iter::once(0)
            .chain(self.ends.iter().copied())
            .zip(&self.ends)
            .map(|(start, &end)| (end - start) as usize);
        let offsets = OffsetBuffer::from_lengths(lengths);
        self.ends.clear();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(self.names.finish()), Arc::new(self.values.finish())];
        let pairs = StructArray::new(header_fields(), columns, None);
        let field = Arc::new(Field::new("item", DataType::Struct(header_fields()), false));
        ListArray::new(field, offsets, Arc::new(pairs), self.valid.finish())
    }
}

/// Appends `pairs` as a JSON object, or null if there are none. Of a name that is there twice, which
/// a peer may bring about, the last value counts.
pub(super) fn push_json_object(column: &mut StringBuilder, pairs: &[(&'static str, String)]) {
    if pairs.is_empty() {
        return column.append_null();
    }
    let mut separator = '{';
    for (at, (name, value)) in pairs.iter().enumerate() {
        if pairs[at + 1..].iter().any(|(later, _)| later == name) {
            continue;
        }
        // Writing to a StringBuilder cannot fail.
        let _ = column.write_char(separator);
        separator = ',';
        let _ = write_json_string(column, name).and_then(|()| column.write_char(':'));
        let _ = write_json_string(column, value);
    }
    let _ = column.write_char('}');
    column.append_value("");
}

fn write_json_string(out: &mut impl core::fmt::Write, text: &str) -> core::fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.write_str(&text[plain..at])?;
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            _ => write!(out, "\\u{byte:04x}")?,
        }
        plain = at + 1;
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;

    #[test]
    fn addresses_are_canonical() {
        let mut column = StringBuilder::new();
        let mut text = TextBuffer::default();
        for octets in [[0, 0, 0, 0], [255, 255, 255, 255], [10, 100, 9, 99]] {
            text.append_address(&mut column, Address::v4(octets));
        }
        let mut loopback = [0; 16];
        loopback[15] = 1;
        text.append_address(&mut column, Address::v6(loopback));
        let column = column.finish();
        let all: Vec<_> = column.iter().flatten().collect();
        assert_eq!(all, ["0.0.0.0", "255.255.255.255", "10.100.9.99", "::1"]);
    }

    #[test]
    fn hardware_addresses_are_written_as_they_display() {
        let mut column = StringBuilder::new();
        let mac = Mac::of(&[2, 0x42, 0xac, 0x11, 0, 0xff]);
        append_mac(&mut column, mac);
        append_mac(&mut column, Mac::default());
        let column = column.finish();
        assert_eq!((column.value(0), column.value(0)), ("02:42:ac:11:00:ff", &*mac.to_string()));
        assert!(column.is_null(1));
    }

    #[test]
    fn json_is_escaped() {
        let mut column = StringBuilder::new();
        push_json_object(&mut column, &[("a", "x\"\\\n\u{1}é".to_owned()), ("b", String::new())]);
        push_json_object(&mut column, &[]);
        let column = column.finish();
        assert_eq!(column.value(0), "{\"a\":\"x\\\"\\\\\\u000a\\u0001é\",\"b\":\"\"}");
        assert!(column.is_null(1));
    }

    #[test]
    fn names_of_a_json_object_are_distinct() {
        let mut column = StringBuilder::new();
        let pair = |name, value: &str| (name, value.to_owned());
        push_json_object(&mut column, &[pair("a", "1"), pair("b", "2"), pair("a", "3")]);
        assert_eq!(column.finish().value(0), "{\"b\":\"2\",\"a\":\"3\"}");
    }

    #[test]
    fn header_lists_keep_rows_apart() {
        let mut builder = HeaderListBuilder::default();
        let mut headers = Headers::default();
        headers.push(b"Host", b"a");
        headers.push(b"X", b"\xff");
        builder.push(&headers, None);
        builder.push_null();
        builder.push(&Headers::default(), None);
        let lists = builder.finish();
        assert_eq!((lists.len(), lists.value(0).len(), lists.value(2).len()), (3, 2, 0));
        assert!(lists.is_null(1) && lists.is_valid(2));
        assert_eq!(builder.finish().len(), 0, "empty after finish");
    }
}
