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
        match (name.len(), name[0] | 0x20) {
            (4, b'h') if is(name, b"host") => self.host(value, met),
            (7, b'u') if is(name, b"upgrade") => self.facts.upgrade = Some(value.to_vec()),
            (11, b'g') if is(name, b"grpc-status") => self.facts.grpc(name, value),
            (11, b't') if is(name, b"traceparent") => self.trace(value),
            (12, b'c') if is(name, b"content-type") && !met.content_type => {
                met.content_type = true;
                set(&mut self.message.content_type, value);
            }
            (12, b'g') if is(name, b"grpc-message") => self.facts.grpc(name, value),
            (13, b'g') if is(name, b"grpc-encoding") => self.facts.grpc(name, value),
            (14, b'c') if is(name, b"content-length") => self.facts.content_length(value),
            (16, b'c') if is(name, b"content-encoding") => self.facts.content_encoding(value),
            (17, b't') if is(name, b"transfer-encoding") => self.facts.transfer_encoding(value),
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

/// Whether `name`, a token, is `lower` without regard to case. Setting the case bit turns no
/// other token character into a letter or a hyphen; and a fixed length compares as one word.
#[inline]
fn is<const N: usize>(name: &[u8], lower: &[u8; N]) -> bool {
    name.len() == N
        && name.first_chunk::<N>().is_some_and(|chunk| chunk.map(|b| b | 0x20) == *lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::http1::probe::TOKEN;

    #[test]
    fn names_are_compared_as_tokens() {
        assert!(is(b"Content-Type", b"content-type") && is(b"HOST", b"host"));
        assert!(!is(b"Hosts", b"host") && !is(b"Hos", b"host"));
        for byte in (0..=255u8).filter(|&b| TOKEN[b as usize]) {
            let name = [b'a', byte];
            assert_eq!(is(&name, b"a-"), byte == b'-', "{byte}");
            assert_eq!(is(&name, b"az"), byte.eq_ignore_ascii_case(&b'z'), "{byte}");
        }
    }
}
