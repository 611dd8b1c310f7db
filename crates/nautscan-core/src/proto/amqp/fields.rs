//! Fields of methods and content headers.

use crate::event::Headers;
use crate::limits::AMQP_TEXT;

/// Takes fields off the front of bytes. `None`: they end before the field does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }
    pub(super) fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
    pub(super) fn long(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
    pub(super) fn longlong(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.take(usize::from(length))
    }
    pub(super) fn long_text(&mut self) -> Option<&'a [u8]> {
        let length = self.long()?;
        self.take(usize::try_from(length).ok()?)
    }
    /// A table's names, and its values as text.
    pub(super) fn table(&mut self) -> Option<Headers> {
        let mut fields = Fields(self.long_text()?);
        let mut table = Headers::default();
        while !fields.0.is_empty() {
            let name = fields.text()?;
            let value = fields.value()?;
            table.push(name, value.as_bytes());
        }
        Some(table)
    }

    /// A value of a table: texts, numbers and truth as they are, of others what they are.
    fn value(&mut self) -> Option<String> {
        Some(match self.byte()? {
            b't' => (self.byte()? != 0).to_string(),
            b'b' => self.byte()?.cast_signed().to_string(),
            b'B' => self.byte()?.to_string(),
            b's' => self.short()?.cast_signed().to_string(),
            b'u' => self.short()?.to_string(),
            b'I' => self.long()?.cast_signed().to_string(),
            b'i' => self.long()?.to_string(),
            b'l' | b'L' => self.longlong()?.cast_signed().to_string(),
            b'T' => self.longlong()?.to_string(),
            b'f' => f32::from_bits(self.long()?).to_string(),
            b'd' => f64::from_bits(self.longlong()?).to_string(),
            b'D' => self.take(5).map(|_| "(decimal)".to_owned())?,
            b'S' => shown(self.long_text()?),
            b'x' => self.long_text().map(|_| "(bytes)".to_owned())?,
            b'A' => self.long_text().map(|_| "(list)".to_owned())?,
            b'F' => self.long_text().map(|_| "(table)".to_owned())?,
            b'V' => String::new(),
            _ => return None,
        })
    }
}

/// The beginning of a text.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(AMQP_TEXT)]).into_owned()
}
