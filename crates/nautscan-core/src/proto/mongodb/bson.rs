//! BSON, walked and not built: the elements of a document one after the other, as far as they are
//! there.
//!
//! Source: <https://bsonspec.org/spec.html>.

/// What an element holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a [u8]),
    Number(f64),
    Bool(bool),
    Document(Document<'a>),
    Array(Document<'a>),
    /// What nobody asks for.
    Other,
}

impl Value<'_> {
    /// A number, or what is true as 1.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(number),
            Value::Bool(is) => Some(f64::from(u8::from(is))),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub(super) fn count(self) -> Option<u64> {
        self.number().filter(|number| *number >= 0.0).map(|number| number as u64)
    }
}

/// A document, or the beginning of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Document<'a> {
    /// The elements.
    bytes: &'a [u8],
    /// Not all of it is there.
    pub(super) is_cut: bool,
}

impl<'a> Document<'a> {
    /// Bytes of the smallest.
    pub(super) const EMPTY: usize = 5;

    /// The document at the front, and what follows it.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let elements = length.checked_sub(Self::EMPTY)?;
        match (rest.get(..elements), rest.get(elements)) {
            (Some(bytes), Some(0)) => Some((Self { bytes, is_cut: false }, &rest[elements + 1..])),
            (_, Some(_)) => None,
            (_, None) => Some((Self { bytes: rest, is_cut: true }, &[])),
        }
    }

    /// The elements up to where it is cut, or no BSON.
    pub(super) fn elements(self) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        let mut rest = self.bytes;
        core::iter::from_fn(move || {
            let (kind, after) = rest.split_first()?;
            let end = memchr::memchr(0, after)?;
            let (name, after) = (&after[..end], &after[end + 1..]);
            let (value, after) = value(*kind, after)?;
            rest = after;
            Some((name, value))
        })
    }

    /// The value of a name.
    pub(super) fn get(self, name: &str) -> Option<Value<'a>> {
        self.elements().find(|known| known.0 == name.as_bytes()).map(|known| known.1)
    }

    /// How many elements there are; `None`: not all are there.
    pub(super) fn len(self) -> Option<u64> {
        let count = self.elements().count() as u64;
        (!self.is_cut).then_some(count)
    }
}

/// The value of a type, and what follows it.
fn value(kind: u8, bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let sized = |len: usize| bytes.split_at_checked(len);
    let number = |len: usize| bytes.get(..len)?.try_into().ok().map(u32::from_le_bytes);
    match kind {
        0x01 => {
            let (head, rest) = bytes.split_first_chunk::<8>()?;
            Some((Value::Number(f64::from_le_bytes(*head)), rest))
        }
        0x02 | 0x0d | 0x0e => {
            let (text, rest) = bytes[4.min(bytes.len())..].split_at_checked(number(4)? as usize)?;
            let text = text.strip_suffix(b"\0")?;
            Some((if kind == 2 { Value::Text(text) } else { Value::Other }, rest))
        }
        0x03 => Document::read(bytes).map(|(document, rest)| (Value::Document(document), rest)),
        0x04 => Document::read(bytes).map(|(document, rest)| (Value::Array(document), rest)),
        0x05 => sized((number(4)? as usize).checked_add(5)?).map(|cut| (Value::Other, cut.1)),
        0x08 => bytes.split_first().map(|(is, rest)| (Value::Bool(*is != 0), rest)),
        0x10 => {
            let (head, rest) = bytes.split_first_chunk::<4>()?;
            Some((Value::Number(f64::from(i32::from_le_bytes(*head))), rest))
        }
        0x12 => {
            let (head, rest) = bytes.split_first_chunk::<8>()?;
            Some((Value::Number(i64::from_le_bytes(*head) as f64), rest))
        }
        0x07 => sized(12).map(|cut| (Value::Other, cut.1)),
        0x09 | 0x11 => sized(8).map(|cut| (Value::Other, cut.1)),
        0x13 => sized(16).map(|cut| (Value::Other, cut.1)),
        0x06 | 0x0a | 0xff | 0x7f => Some((Value::Other, bytes)),
        0x0b => {
            let end = memchr::memchr(0, bytes)? + 1;
            let end = end + memchr::memchr(0, &bytes[end..])? + 1;
            Some((Value::Other, &bytes[end..]))
        }
        0x0c => sized((number(4)? as usize).checked_add(16)?).map(|cut| (Value::Other, cut.1)),
        0x0f => sized(number(4)? as usize).map(|cut| (Value::Other, cut.1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_walked_as_far_as_they_are_there() {
        let inner = b"\x0c\0\0\0\x10a\0\x07\0\0\0\0";
        let bytes = [
            &[0; 4][..],
            b"\x02s\0\x03\0\0\0hi\0\x04list\0",
            inner,
            b"\x01d\0\0\0\0\0\0\0\xf0\x3f\x08b\0\x01\x0an\0\x05x\0\x02\0\0\0\0ab\x12l\0\x05\0\0\0\0\0\0\0\0rest",
        ];
        let mut bytes = bytes.concat();
        bytes[0] = bytes.len() as u8 - 4;
        let (document, rest) = Document::read(&bytes).unwrap();
        assert_eq!((rest, document.is_cut, document.len()), (&b"rest"[..], false, Some(7)));
        assert_eq!(document.get("s"), Some(Value::Text(b"hi")));
        assert_eq!(document.get("d").and_then(Value::number), Some(1.0));
        assert_eq!(document.get("l").and_then(Value::count), Some(5));
        let Some(Value::Array(list)) = document.get("list") else { panic!("it is a list") };
        assert_eq!(list.get("a").and_then(Value::count), Some(7));
        for cut in 0..bytes.len() - 5 {
            if let Some((document, _)) = Document::read(&bytes[..cut]) {
                assert!(document.is_cut && document.len().is_none());
                assert!(document.elements().count() <= 7);
            }
        }
        assert_eq!(Document::read(b"\x04\0\0\0"), None);
    }
}
