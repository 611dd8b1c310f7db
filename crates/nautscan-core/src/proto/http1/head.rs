//! Reads a whole head into an exchange: start line and fields, straight from the captured bytes.

use super::fields;
use super::framing::{Facts, trace_id};
use super::oddity::Oddity;
use super::pending::set;
use crate::event::Message;

/// Where fields that only a request has go.
pub(super) struct RequestSlots<'m> {
    pub(super) host: &'m mut Option<Vec<u8>>,
    pub(super) trace_id: &'m mut Option<[u8; 32]>,
}

/// Where the fields of one head go.
pub(super) struct Reader<'m> {
    pub(super) message: &'m mut Message,
    pub(super) facts: &'m mut Facts,
    /// Slots that only a request has.
    pub(super) request: Option<RequestSlots<'m>>,
    /// Keep the list of fields.
    pub(super) keep: bool,
}

/// What a [`Reader`] met.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Met {
    pub(super) host: bool,
    content_type: bool,
}

impl Reader<'_> {
    /// Reads the field section that starts `bytes`. Its length, or `None` if it is not whole.
    pub(super) fn read(mut self, bytes: &[u8]) -> (Option<usize>, Met) {
        let mut met = Met::default();
        let mut odd = self.facts.odd;
        let used = fields::read(bytes, &mut odd, |name, value| self.field(name, value, &mut met));
        // Fields note oddities of their own while `odd` is away.
        self.facts.odd.merge(odd);
        if !met.content_type {
            self.message.content_type = None;
        }
        (used, met)
    }

    /// Takes in one field. Names are told apart by length and first letter before they are
    /// compared.
    #[inline]
    fn field(&mut self, name: &[u8], value: &[u8], met: &mut Met) {
        if self.keep {
            self.message.headers.push(name, value);
        }
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        match (name.len(), name[0] | 0x20) {
            (4, b'h') if is(b"host") => self.host(value, met),
            (7, b'u') if is(b"upgrade") => self.facts.upgrade = Some(value.to_vec()),
            (11, b't') if is(b"traceparent") => self.trace(value),
            (12, b'c') if is(b"content-type") && !met.content_type => {
                met.content_type = true;
                set(&mut self.message.content_type, value);
            }
            (14, b'c') if is(b"content-length") => self.facts.content_length(value),
            (16, b'c') if is(b"content-encoding") => self.facts.content_encoding(value),
            (17, b't') if is(b"transfer-encoding") => self.facts.transfer_encoding(value),
            _ => {}
        }
    }

    fn host(&mut self, value: &[u8], met: &mut Met) {
        let Some(slots) = &mut self.request else { return };
        if met.host {
            self.facts.odd.insert(Oddity::DuplicateHost);
        } else {
            met.host = true;
            set(slots.host, value);
        }
    }

    fn trace(&mut self, value: &[u8]) {
        if let Some(slots) = &mut self.request {
            *slots.trace_id = trace_id(value);
        }
    }
}
