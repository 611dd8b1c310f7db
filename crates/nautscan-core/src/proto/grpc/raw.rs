//! Messages of Protocol Buffers without their schema, as `protoc --decode_raw` writes them, each on
//! one line: `1: "text" 2: 17 3 { 1: 0x3f800000 }`.
//!
//! The wire says the number of a field and one of four forms. What a form may mean is not said: a
//! number may be signed, or a bool; octets are shown as text if they are some, else as a message if
//! they read as one to the last octet, else as they are.

use core::fmt::Write;

use crate::limits::PROTOBUF_DEPTH;

/// Why nothing more is written.
enum Stop {
    /// It is no message.
    NoMessage,
    /// What may be shown is.
    Full,
}

/// Writes a message in at most about `most` octets; whether not all of it had room.
pub(super) fn write(message: &[u8], most: usize, out: &mut String) -> bool {
    let from = out.len();
    match fields(message, 0, most, out) {
        Ok(()) => false,
        Err(Stop::Full) => true,
        Err(Stop::NoMessage) => {
            out.truncate(from);
            octets(message, most, out).is_err()
        }
    }
}

/// Writes the fields of a message.
fn fields(mut bytes: &[u8], depth: usize, most: usize, out: &mut String) -> Result<(), Stop> {
    let mut is_first = true;
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let number = tag >> 3;
        if !(1..1 << 29).contains(&number) {
            return Err(Stop::NoMessage);
        }
        if !is_first {
            out.push(' ');
        }
        is_first = false;
        // Writing to a text cannot fail.
        let _ = write!(out, "{number}");
        match tag & 7 {
            0 => _ = write!(out, ": {}", varint(&mut bytes)?),
            1 => _ = write!(out, ": 0x{:016x}", u64::from_le_bytes(take(&mut bytes)?)),
            5 => _ = write!(out, ": 0x{:08x}", u32::from_le_bytes(take(&mut bytes)?)),
            2 => {
                let len = usize::try_from(varint(&mut bytes)?).map_err(|_| Stop::NoMessage)?;
                let (value, rest) = bytes.split_at_checked(len).ok_or(Stop::NoMessage)?;
                bytes = rest;
                delimited(value, depth, most, out)?;
            }
            _ => return Err(Stop::NoMessage),
        }
        if out.len() > most {
            return Err(Stop::Full);
        }
    }
    Ok(())
}

/// Writes what has a length: a text, a message or octets.
fn delimited(value: &[u8], depth: usize, most: usize, out: &mut String) -> Result<(), Stop> {
    if is_text(value) || depth == PROTOBUF_DEPTH {
        out.push_str(": ");
        return octets(value, most, out);
    }
    let from = out.len();
    out.push_str(" { ");
    match fields(value, depth + 1, most, out) {
        Ok(()) => out.push_str(" }"),
        Err(Stop::Full) => return Err(Stop::Full),
        Err(Stop::NoMessage) => {
            out.truncate(from);
            out.push_str(": ");
            return octets(value, most, out);
        }
    }
    Ok(())
}

/// Whether octets are a text: of characters that people write. One that begins with a line end is
/// more often a message of which the first field is a text.
fn is_text(value: &[u8]) -> bool {
    let is_shown = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    value.first() != Some(&b'\n')
        && core::str::from_utf8(value).is_ok_and(|text| text.chars().all(is_shown))
}

/// Writes octets between quotation marks.
fn octets(value: &[u8], most: usize, out: &mut String) -> Result<(), Stop> {
    let room = most.saturating_sub(out.len());
    let cut = &value[..value.len().min(room)];
    out.push('"');
    match core::str::from_utf8(value) {
        // A cut may fall within a character.
        Ok(text) if is_text(value) => {
            let end = (0..=cut.len()).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let _ = write!(out, "{}", text[..end].escape_debug());
        }
        _ => _ = write!(out, "{}", cut.escape_ascii()),
    }
    out.push('"');
    if cut.len() < value.len() { Err(Stop::Full) } else { Ok(()) }
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Stop> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&octet, rest) = bytes.split_first().ok_or(Stop::NoMessage)?;
        *bytes = rest;
        value |= u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Stop::NoMessage)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Stop> {
    let (first, rest) = bytes.split_first_chunk::<N>().ok_or(Stop::NoMessage)?;
    *bytes = rest;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PROTOBUF_SHOWN;
    use crate::proto::grpc::show;
    use crate::proto::http1::Codings;

    fn shown(content: &[u8], codings: &Codings) -> Option<String> {
        show::shown(content, codings, None, false).text
    }

    fn framed(message: &[u8]) -> Vec<u8> {
        [&[0, 0, 0, (message.len() >> 8) as u8, message.len() as u8], message].concat()
    }

    fn line(message: &[u8]) -> String {
        shown(&framed(message), &Codings::default()).unwrap_or_default()
    }

    #[test]
    fn fields_are_shown_as_protoc_shows_them_raw() {
        assert_eq!(line(b"\x08\x96\x01"), "1: 150");
        assert_eq!(line(b"\x12\x07testing"), "2: \"testing\"");
        assert_eq!(line(b"\x1a\x03\x08\x96\x01"), "3 { 1: 150 }");
        assert_eq!(
            line(b"\x0d\0\0\x80\x3f\x11\x01\0\0\0\0\0\0\0"),
            "1: 0x3f800000 2: 0x0000000000000001"
        );
        assert_eq!(line(b"\x0a\x02\xff\xfe"), "1: \"\\xff\\xfe\"");
        assert_eq!(line("\u{a}\u{6}grüß\u{10}\u{1}".as_bytes()), "1: \"grüß\" 2: 1");
        assert_eq!(line(b"\xff"), "\"\\xff\"", "no message");
        assert_eq!(line(b"\x0a\x04\x0a\x02\x08\x01"), "1 { 1 { 1: 1 } }");
    }

    #[test]
    fn messages_of_a_stream_have_a_line_each() {
        let content = [framed(b"\x08\x01"), framed(b""), framed(b"\x08\x02"), vec![0, 0]].concat();
        let text = shown(&content, &Codings::default());
        assert_eq!(text.as_deref(), Some("1: 1\n\n1: 2"), "the last is not whole");
        assert_eq!(shown(b"\0\0\0", &Codings::default()), None);
    }

    #[test]
    fn compressed_messages_are_decoded() {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"\x12\x07testing").expect("memory");
        let mut content = framed(&encoder.finish().expect("memory"));
        content[0] = 1;
        let mut gzip = Codings::default();
        gzip.content_encoding(b"gzip");
        assert_eq!(shown(&content, &gzip).as_deref(), Some("2: \"testing\""));
        assert_eq!(shown(&content, &Codings::default()), None, "how is not known");
    }

    /// Reaches `PROTOBUF_SHOWN`, `PROTOBUF_DEPTH`: what goes beyond is not shown, and marked.
    #[test]
    fn messages_are_shown_up_to_the_caps() {
        let long = [&[0x12, 0xff, 0x7f][..], &vec![b'x'; 0x3fff]].concat();
        for message in [long, b"\x08\x01".repeat(PROTOBUF_SHOWN)] {
            let text = line(&message);
            assert!(text.len() < PROTOBUF_SHOWN + 16 && text.ends_with(" …"), "{}", text.len());
        }
        let mut deep = vec![0x08, 0x01];
        for _ in 0..PROTOBUF_DEPTH + 2 {
            deep = [&[0x0a, deep.len() as u8][..], &deep].concat();
        }
        assert_eq!(line(&deep).matches('{').count(), PROTOBUF_DEPTH);
    }
}
